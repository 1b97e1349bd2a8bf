/** Host rules: video, music and other media. The form of a line is described in `rules.ts`. */
export const MEDIA = `
= - Media
bootstrapcdn.com
cdn.optimizely.com
edgecastcdn.net
fastly.net
hwcdn.net
jquery.com
jsdelivr.net
llns.net
llnwd.net
mncdn.com
= - Streaming
71.am
iptv.sky.
pcdn.skycdn.
playercdn.net
quickplay.com
rapidvideo.com
showmax.akamaized.net
showmax.com
skyq.sky.com
tcad.wedolook.com
= 1kxun Streaming
1kxun.com
1kxun.mobi
= AdobeConnect Video
adobeconnect.com
= Cloudflare Media
cdnjs.cloudflare.com
cf-ipfs.com
= Dailymotion Streaming
dai.ly
dailymotion.com
dailymotionadvertising.com
dmcdn.net
dmxleo.com
= Dazn Streaming
dazn-api.com
dazn.com
daznedge.net
dcavoddazn.akamaized.net
indazn.com
= Deezer Music
deezer.com
= DirecTV Streaming
directv.com
directvnow.com
dtvbb.tv
dtvce.com
= DisneyPlus Streaming
bamgrid.com
disney-plus.com
disney-plus.net
disneyplus.com
disneyplus.com.ssl.sc.omtrdc.net
disneyplus.net
dssott.com
dssott.com.akamaized.net
go.com
= Espn Streaming
espn.api.edge.bamgrid.com
espn.com
espn.connections.edge.bamgrid.com
espn.net
espn.playback.edge.bamgrid.com
espncdn.com
fn-pz.com
= HBO Streaming
discomax.com
h264.io
hbo.com
hbogo.co.th
hbogo.com
hbogo.eu
hbogoasia.com
hbogoasia.id
hbogoasia.ph
hbomax.com
hbomaxcdn.com
hbonow.com
max.com
maxgo.com
= Hulu Streaming
assetshuluimcom-a.akamaihd.net
hulu.com
huluad.com
huluim.com
hulustream.com
ibhuluimcom-a.akamaihd.net
= IFLIX Video
app.iflixcorp.com
iflix.com
images.iflixassets.com
= IHeartRadio Music
937theriver.com
iheart.com
iheart.mx
iheartmedia.com
iheartradio.ca
iheartradio.co.nz
iheartradio.com
ihrdev.com
ihrhls.com
ihrint.com
ihrstage.com
= iQIYI Streaming
iq.com
iqiyi.com
iqiyipic.com
pps.tv
ppstream.com
qy.net
= Kick Video
kick.com
= LastFM Music
last.fm
= Livestream Streaming
livestream.com
= NetFlix Network
fast.com
= NetFlix Video
netflix.com
nflxext.com
nflximg.com
nflximg.net
nflxso.net
nflxvideo.net
= OCS Media
labgency.ws
ocs.fr
ocsdomain.com
= Pandora Streaming
pandora.com
= ParamountPlus Streaming
cbsaavideo.com
cbsi.com
cbsig.net
cbsstatic.com
paramount.com
paramountplus.com
pplus.paramount.tech
pplusstatic.com
= Pluralsight Streaming
-pluralsight.siteintercept.qualtrics.com
ip-video-course-exercise-files-us-west-2.s3.us-west-2.amazonaws.com
pluralsight.com
pluralsight.demdex.net
pluralsight.hb.omtrdc.net
pluralsight.imgix.net
pluralsight.sc.omtrdc.net
pluralsight.tt.omtrdc.net
pluralsight2.imgix.net
= Rumble Streaming
rumble.com
= RUTUBE Media
rutube.ru
= Showtime Streaming
showtime.com
= SiriusXMRadio Music
siriusxm.ca
siriusxm.com
= Sonos Music
sonos.com
sonos.radio
= SoundCloud Music
getrockerbox.com
sndcdn.com
soundcloud.com
= Spotify Music
audio-ak-spotify-com.akamaized.net
audio4-ak-spotify-com.akamaized.net
heads-ak-spotify-com.akamaized.net
pscdn.co
scdn.co
spotify-com.akamaized.net
spotify.com
spotify.com.edgesuite.net
spotify.demdex.net
spotify.edgekey.net
spotify.map.fastly.net
spotifycdn.com
spotifycdn.net
spotilocal.com
= Tencentvideo Streaming
v.qq.com
= Tidal Music
tidal.com
= TuneIn Music
radiotime.com
tunein.com
tunenet.io
= Twitch Video
jtvnw.net
live-video.net
ttvnw.net
twitch.tv
twitchcdn.net
twitchsvc.net
= Vimeo Streaming
vimeo.com
vimeocdn.com
= Vudu Streaming
vudu.com
= YandexMusic Music
music.yandex.
= Zattoo Video
zattoo.com
zattosecurehd2-f.akamaihd.net
= Zoom Video
zoom.us
`;
