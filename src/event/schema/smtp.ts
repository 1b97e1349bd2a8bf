import Type from 'typebox';
import { envelope } from './envelope.ts';
import { list, md5, object, text, word } from './field.ts';
import { record } from './record.ts';

/** The `smtp` object, also beside `fileinfo`. */
export const smtpObject = object(
  {
    helo: Type.Optional(text('Name that the client gave in HELO or EHLO.')),
    mail_from: Type.Optional(text('Sender of the envelope, as in MAIL FROM.')),
    rcpt_to: Type.Optional(
      list(text('A recipient.'), 'Recipients of the envelope, as in RCPT TO; at most 256.'),
    ),
  },
  'Greeting and envelope.',
);

/** The `email` object, also beside `fileinfo`. */
export const emailObject = object(
  {
    status: word(['PARSE_DONE', 'PARSE_ERROR'], 'Whether the message was read to its end.'),
    from: Type.Optional(text('From of the header.')),
    to: Type.Optional(list(text('An address.'), 'To of the header.')),
    cc: Type.Optional(list(text('An address.'), 'Cc of the header.')),
    bcc: Type.Optional(list(text('An address.'), 'Bcc of the header.')),
    date: Type.Optional(text('Date of the header, as it came.')),
    subject: Type.Optional(text('Subject of the header.')),
    message_id: Type.Optional(text('Message-ID of the header.')),
    x_mailer: Type.Optional(text('X-Mailer of the header.')),
    user_agent: Type.Optional(text('User-Agent of the header.')),
    reply_to: Type.Optional(text('Reply-To of the header.')),
    x_originating_ip: Type.Optional(text('X-Originating-IP of the header.')),
    in_reply_to: Type.Optional(text('In-Reply-To of the header.')),
    references: Type.Optional(text('References of the header.')),
    importance: Type.Optional(text('Importance of the header.')),
    priority: Type.Optional(text('Priority of the header.')),
    sensitivity: Type.Optional(text('Sensitivity of the header.')),
    organization: Type.Optional(text('Organization of the header.')),
    content_md5: Type.Optional(text('Content-MD5 of the header.')),
    received: Type.Optional(list(text('A trace line.'), 'Received of the header, the latest first.')),
    attachment: Type.Optional(list(text('A file name.'), 'Names of the attachments.')),
    url: Type.Optional(list(text('A URL.'), 'URLs in the text.')),
    body_md5: Type.Optional(md5('MD5 of the body as sent; when it was seen to its end.')),
    subject_md5: Type.Optional(md5('MD5 of the subject.')),
  },
  'The message; when one was sent.',
);

/** One mail transaction. */
export const smtp = record('smtp', 'One mail transaction of SMTP: greeting, envelope and message.', {
  ...envelope('smtp'),
  smtp: smtpObject,
  email: Type.Optional(emailObject),
});
