/** Host rules: shops, clouds, tools and everything else on the web. The form of a line is described in `rules.ts`. */
export const WEB = `
= - ArtificialIntelligence
chatgpt.com
claude.ai
deepseek.com
huggingface.co
huggingface.com
ollama.com
openai.com
perplexity.ai
= - Chat
icq.com
= - Cloud
vultr.com
= - ConnCheck
airport.us
connectivitycheck.platform.hicloud.com
detectportal.firefox.com
nmcheck.gnome.org
thinkdifferent.us
= - Game
callofduty.com
king.com
supercell.com
= AccuWeather Web
accuweather.com
= Alibaba Shopping
aliexpress-media.com
aliexpress.com
= Alibaba Web
aliapp.org
alibaba.com
alibabachengdun.com
alibabausercontent.com
alicdn.com
alipay.com
alipayobjects.com
aliyuncs.com
mmstat.com
= AnyDesk RemoteAccess
net.anydesk.com
= BitTorrent Download
1337x.to
bt.co
open.stealth.si
openbittorrent.com
torrent.
torrents.
torrentz.
tracker.trackerfix.com
utorrent.
= Bloomberg Cloud
bloomberg.com
bloombergvault.com
= CacheFly Cloud
cachefly.com
cachefly.net
= Citrix Network
citrix.com
= ClickHouse Database
clickhouse.cloud
clickhouse.com
= Cloudflare Web
cloudflare.com
= CNN Web
cnn.com
cnn.net
= Crashlytics DataTransfer
crashlytics.com
= DigitalOcean Web
digitalocean.com
= Discord Collaborative
discord.com
discord.gg
discord.media
discordapp.com
discordapp.net
= Dropbox Cloud
dropbox-dns.com
dropbox.com
dropboxapi.com
dropboxstatic.com
dropboxusercontent.com
getdropbox.com
log.getdropbox.com
= EAQ Network
brasilbandalarga.com.br
eaqbr.com.br
= eBay Shopping
ebay.
ebay.com
ebaydesc.com
ebayimg.com
ebayrtm.com
ebaystatic.com
ebaystratus.com
= Github Collaborative
github.com
github.io
githubusercontent.com
= GitLab Collaborative
gitlab-static.net
gitlab.com
gitlab.io
gitlab.net
= Huawei Web
huawei.com
= HuaweiCloud Cloud
cloud.huawei.com
cloud.huawei.eu
dbankcdn.com
dbankcloud.cn
dbankcloud.com
hicloud.com
myhuaweicloud.com
= Mozilla Web
firefox.com
mozgcp.net
mozilla.com
mozilla.net
mozilla.org
= Naver Web
naver.com
naver.net
navercorp.com
ncloud.com
pstatic.net
= ntop Network
ntop.org
= Nvidia Web
nvidia.com
= Ookla Network
-speedtest.
cdnst.net
ooklaserver.net
speedtest.
= Pastebin Download
pastebin.com
= Proton Web
proton.black
proton.me
= ProtonCalendar Productivity
calendar-api.proton.me
calendar.proton.me
= ProtonDocs Collaborative
docs.proton.me
= ProtonDrive Cloud
drive-api.proton.me
drive.proton.me
= ProtonMail Email
mail-api.proton.me
mail.proton.me
pm.me
protonmail.ch
protonmail.com
= ProtonPass Cloud
pass-api.proton.me
pass.proton.me
= Salesforce Cloud
force.com
salesforce.com
= Salesforce Web
marketingcloudapis.com
salesforceliveagent.com
= Shein Shopping
ltwebstatic.com
shein.com
= Slack Collaborative
slack-assets2.s3-
slack-core.com
slack-edge.com
slack-files.com
slack-imgs.com
slack-msgs.com
slack-redir.net
slack.com
slackb.com
= Syncthing Download
discovery.syncthing.net
= Taobao Shopping
taobao.com
tmall.com
= Teamviewer RemoteAccess
teamviewer.com
= Temu Shopping
kwcdn.com
temu.com
= TeslaServices Network
digitalassets.tesla.com
tesla.services
= Ubiquity Network
ubnt.com
ui.com
= UbuntuONE Cloud
cdn.snapcraftcontent.com
launchpad.net
launchpadcontent.net
snapcraft.io
ubuntu.com
= Wikipedia Web
mediawiki.
wikimedia.
wikimediafoundation.
wikipedia.
= Xiaomi Web
mi.com
miui.com
xiaomi.com
xiaomi.net
= Yahoo Advertisement
ads.yahoo.com
yads.yahoo.com
yads.yjtag.yahoo.co.jp
= Yahoo Web
yahoo.
yahoo.co.jp
yahoo.com
yahoo.net
yahooapis.
yimg.com
yimg.jp
= Yandex Web
yandex.
yastatic.net
= YandexAlice VirtAssistant
alice.yandex.
quasar.yandex.
scbh.yandex.
= YandexCloud Cloud
cloud.yandex.
= YandexDirect Advertisement
direct.yandex.
= YandexDisk Cloud
disk.yandex.
= YandexMail Email
mail.yandex.
= YandexMarket Shopping
market.yandex.
= YandexMetrika Web
appmetrika.yandex.
metrika.yandex.
`;
