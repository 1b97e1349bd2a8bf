/** Host rules: Google and its services. The form of a line is described in `rules.ts`. */
export const GOOGLE = `
= DataSaver Web
datasaver.googleapis.com
googlezip.net
= GMail Email
gmail.
inbox.google.com
mail.google.
= Google Advertisement
2mdn.net
adservice.google.com
dmtry.com
doubleclick.net
google-analytics.
googleads.
googleadservices.
googlesyndication.com
= Google Cloud
goog
= Google ConnCheck
clients3.google.com
connectivitycheck.android.com
connectivitycheck.gstatic.com
= Google Web
1e100.net
ampproject.net
ampproject.org
app-measurement.com
ggpht.com
google.
google.com
googleusercontent.com
gstatic.com
gvt1.com
gvt2.com
telephony.goog
= GoogleChat Chat
chat.google.com
= GoogleClassroom Collaborative
classroom.google.com
= GoogleCloud Cloud
backup.googleapis.com
= GoogleDocs Collaborative
docs.google.com
docs.googleusercontent.com
= GoogleDrive Cloud
drive-thirdparty.googleusercontent.com
drive.google.com
drivefrontend-pa.googleapis.com
= GoogleMaps Web
maps.google.
maps.gstatic.com
= GoogleMeet Chat
meet.google.com
= GoogleServices Web
-mtalk.google.com
googleapis.com
googletagmanager.com
googletagservices.com
mtalk.google.com
= PlayStore SoftwareUpdate
android.clients.google.com
play-fe.googleapis.com
play-fe.googleusercontent.com
play-lh.googleusercontent.com
= Waze Web
waze.com
wazespeechactiviation-pa.googleapis.com
= YouTube Media
googlevideo.com
youtu.be
youtube-nocookie.
youtube-ui.l.google.com
youtube.
youtubeeducation.com
youtubei.googleapis.com
yt3.ggpht.com
ytimg.com
= YouTubeKids Children
kids.youtube.com
= YouTubeUpload Media
upload.video.google.com
upload.youtube.com
`;
