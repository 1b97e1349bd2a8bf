/** Host rules: social networks, chat and telephony. The form of a line is described in `rules.ts`. */
export const SOCIAL = `
= Badoo SocialNetwork
badoo.app
badoo.com
badoocdn.com
= Bluesky SocialNetwork
bsky.app
bsky.network
bsky.social
= DingTalk Chat
dingtalk.com
= Facebook SocialNetwork
facebook.com
facebook.net
fb.com
fb.gg
fbcdn-
fbcdn.net
fbsbx.com
fbstatic-a.akamaihd.net
fbwat.ch
= FacebookMessenger Chat
edge-mqtt.facebook.com
m.me
messenger.com
mqtt-mini.facebook.com
= FbookReelStory SocialNetwork
xx.fbcdn.net
= Fuze VoIP
fuze.com
fuzemeeting.com
thinkingphones.com
= GoTo VoIP
api-pub.mltree.net
cdngetgo.com
expertcity.com
getgo.com
getgocdn.com
getgoservices.com
getgoservices.net
goto-rtc.com
goto.com
gotoconference.com
gotomeet.at
gotomeet.me
gotomeeting.com
gotoroom.com
gototraining.com
gotowebinar.com
joinwebinar.com
logmeininc.com
= Instagram SocialNetwork
cdninstagram.com
igcdn-photos-
instagram.
instagramimages-
instagramstatic-
= IRC Chat
irc.ircnet.com
irc.libera.chat
irc.oftc.net
irc.undernet.org
= KakaoTalk Chat
kakao.com
= Likee SocialNetwork
bstream.hzmklvdieo.com
bstream.kzhi.tech
like-video.com
like.video
likee.com
likee.video
likeevideo.com
likeimo.tech
liketech.tech
= Line Chat
line-apps.com
line-scdn.net
line-website.com
line.me
line.naver.jp
linecorp.com
= Mastodon SocialNetwork
mastodon.
= Mumble VoIP
publist.mumble.info
= Paltalk Chat
paltalk.com
paltalkconnect.com
= Pinterest SocialNetwork
pinimg.com
pinterest.
pinterest.co.
pinterest.global.map.fastly.net
pinterest.map.fastly.net
= QQ Chat
gtimg.com
qq.com
weixin.qq.com
= Reddit SocialNetwork
redd.it
reddit.com
reddit.map.fastly.net
redditmedia.com
redditstatic.com
= Signal Chat
signal.art
signal.group
signal.link
signal.me
signal.org
signal.tube
whispersystems.org
= Sina SocialNetwork
sina.cn
sina.com.cn
sinaimg.cn
sinajs.cn
= SinaWeibo SocialNetwork
weibo.cn
weibo.com
= Snapchat SocialNetwork
api.snapchat.com
cognac-prod.appspot.com
feelinsonice-hrd.appspot.com
feelinsonice.appspot.com
feelinsonice.com
sc-analytics.appspot.com
sc-cdn.net
sc-jpl.com
sc-prod.net
sc-static.net
snap.api.mapbox.com
snapads.
snapchat.
= SnapchatCall VoIP
addlive.io
= Telegram Chat
cdn-telegram.org
t.me
tdesktop.com
telegram.me
telegram.org
tupdate.com
web.telegram.org
= Threads SocialNetwork
threads.net
= TikTok SocialNetwork
bytecdn.cn
byted.org
byteicdn.com
byteoversea.com
ibyteimg.com
muscdn.com
musemuse.cn
musical.ly
p16-tiktokcdn-com.akamaized.net
p16-va-default.akamaized.net
tik-tokcdn.com
tiktok.com
tiktokcdn-eu.com
tiktokcdn-us.com
tiktokcdn.com
tiktokcdn.liveplay.myqcloud.com
tiktokv.com
tiktokv.eu
tiktokv.us
v16m.byteicdn.com
v19.byteicdn.com
= Tuenti VoIP
tuenti.com
= Tumblr SocialNetwork
tumblr.com
= Twitter SocialNetwork
ads-twitter.com
t.co
twimg.com
twitter.
twttr.com
x.com
= Viber Chat
cdn.viber.com
viber.com
viber.it
= VK SocialNetwork
userapi.com
vk-cdn.net
vk-portal.net
vk.com
vkuser.net
vkuseraudio.net
vkuservideo.net
vkvideo.ru
= Webex VoIP
webex.com
webexcontent.com
= WeChat Chat
mmsns.qpic.cn
we.chat
wechat.com
wechat.org
wechatapp.com
weixin.
wx.
= WhatsApp Chat
chat-e2ee-mini.facebook.com
g.whatsapp.net
mmg.whatsapp.net
v.whatsapp.net
whatsapp.
whatsapp.net
= WhatsAppFiles Download
cdn.whatsapp.net
fna.whatsapp.net
mmg-fna.whatsapp.net
mms.whatsapp.net
`;
