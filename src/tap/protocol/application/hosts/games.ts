/** Host rules: games and their shops. The form of a line is described in `rules.ts`. */
export const GAMES = `
= Activision Game
activision.
activision.com
= Blacknut Game
blacknut.com
= Blizzard Game
battle.net
blizzard-api.arkoselabs.com
blizzard.com
blz-contentstack-assets.akamaized.net
blz-contentstack-images.akamaized.net
blzddist1-a.akamaihd.net
blzprofile.akamaized.net
blzstatic.com
bnetaccount.akamaized.net
bnetcmsus-a.akamaihd.net
bnetstorefront.akamaized.net
images.blz-contentstack.com
starcraft2.com
= Boosteroid Game
boosteroid.com
= CoD_Mobile Game
codmwest.com
= Dofus Game
ankama-games.com
ankama.com
dofus-touch.com
= Dota2 Game
dota2.com
= ElectronicArts Game
ea.com
origin-a.akamaihd.net
= EpicGames Game
epicgames.com
epicgames.dev
epicgames.net
fortnite-vod.akamaized.net
fortnite.com
unrealengine.com
= GaijinEntertainment Game
crossout.net
gaijin.net
gaijinent.com
warthunder.com
= GeForceNow Game
dtrace.nvidia.com
geforce.com
geforcenow.com
gfe.nvidia.com
gx.nvidia.com
kaizen.nvidia.com
nvgs.nvidia.com
nvidiagrid.net
userstore.nvidia.com
= NetEaseGames Game
easebar.com
= Nexon Game
nexon.com
nexon.io
nexoncdn.co.kr
nxm-maplemgl-staticweb.s3.amazonaws.com
= Nintendo Game
nintendo.com
nintendo.net
= PathofExile Game
pathofexile.com
= Playstation Game
e13555.b.akamaiedge.net
e1800.d.akamaiedge.net
e1879.e7.akamaiedge.net
playstation.com
playstation.net
sonyentertainmentnetwork.com
wbagora.com
wbplay.com
= RiotGames Game
pvp.net
riotcdn.net
riotgames.com
= Roblox Game
rbxcdn.com
roblox.com
= RockstarGames Game
gamedownloads-rockstargames-com.akamaized.net
rockstargames.com
rsg.sc
= Steam Game
steamcommunity-a.akamaihd.net
steamcommunity.com
steamcontent.com
steampowered.com
steamserver.net
steamstatic.com
= TES_Online Game
elderscrollsonline.com
= Vivox Game
vivox.com
= WorldOfWarcraft Game
worldofwarcraft.com
`;
