/** Host rules: Apple and Amazon. The form of a line is described in `rules.ts`. */
export const APPLE_AMAZON = `
= Amazon Web
a2z.com
amazon-adsystem.com
amazon.
amazon.com
images-amazon.com
media-amazon.com
ssl-images-amazon.com
= AmazonAlexa VirtAssistant
alexa.amazon.com
amazonalexa.com
avs-alexa-
pitangui.amazon.com
= AmazonAWS Cloud
amazonaws.com
aws.
aws.a2z.com
cloudfront.net
= AmazonVideo Streaming
1s3.lvlt.dash.us.aiv-cdn.net.c.footprint.net
= AmazonVideo Video
aiv-cdn.net
aiv-delivery.net
amazonvideo.com
atv-ext.amazon.com
atv-ps.amazon.com
d25xi40x97liuc.cloudfront.net
dmqdd6hw24ucf.cloudfront.net
primevideo.com
pv-cdn.net
s.loris.llnwd.net
= Apple ConnCheck
attwifi.apple.com
captive.apple.com
captive.apple.com.
gsp1.apple.com
tether.edge.apple
= Apple SoftwareUpdate
aaplimg.com
= Apple Web
apple-cloudkit.com
apple-dns.net
apple.com
apple.news
cdn-apple.com
e6858.dsce9.akamaiedge.net
gc-apple.com
ls-apple.com
ls4-apple.com
mzstatic.com
origin-apple.com.akadns.net
= AppleiCloud Web
icloud-content.com
icloud.com
icloud.com.
me.com
= AppleiTunes Streaming
itunes.apple.com
tlnk.io
= AppleiTunes Web
inappcheck.itunes.apple.com
= ApplePush Cloud
push-apple.com
push.apple.com
= AppleSiri VirtAssistant
guzzoni.apple.
= AppleStore SoftwareUpdate
-buy.itunes.apple.com
buy.itunes.apple.com
iosapps.itunes.apple.com
itunes-apple.com
myapp.itunes.apple.com
osxapps.itunes.apple.com
se.itunes.apple.com
su.itunes.apple.com
swscan.apple.com
= AppleTVPlus Streaming
tv.apple.com
tv.g.apple.com
tv.v.aaplimg.com
= AWS_Kinesis Cloud
kinesis.ap-southeast-1.amazonaws.com
kinesis.eu-west-1.amazonaws.com
kinesis.us-east-1.amazonaws.com
kinesis.us-west-2.amazonaws.com
= iCloudPrivateRelay VPN
mask-api.icloud.com
mask-h2.icloud.com
mask.icloud.com
`;
