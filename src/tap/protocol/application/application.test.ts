import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '../../../net/index.ts';
import { applicationOf, applicationOfAddress, categoryOf } from './index.ts';

describe('applicationOf', () => {
  for (const [host, name, category] of [
    ['r1---sn-hju7enel.googlevideo.com', 'YouTube', 'Media'],
    ['www.google.co.uk', 'Google', 'Web'],
    ['mail.google.com', 'GMail', 'Email'],
    ['guzzoni.apple.com', 'AppleSiri', 'VirtAssistant'],
    ['captive.apple.com.edgekey.net', 'Apple', 'ConnCheck'],
    ['p53-buy.itunes.apple.com', 'AppleStore', 'SoftwareUpdate'],
    ['play.itunes.apple.com', 'AppleiTunes', 'Streaming'],
    ['igcdn-photos-a-a.akamaihd.net', 'Instagram', 'SocialNetwork'],
    ['instagram.faae1-1.fna.fbcdn.net', 'Instagram', 'SocialNetwork'],
    ['c-flightproxy-euno-01-teams.cloudapp.net', 'Teams', 'Collaborative'],
    ['short.weixin.qq.com', 'QQ', 'Chat'],
    ['ocsp.rootg2.amazontrust.com', 'OCSP', 'Network'],
    ['b1.nel.goog', 'Google', 'Cloud'],
    ['vod-singtelhawk.quickplay.com', '', 'Streaming'],
  ] as const) {
    it(`${host} is ${name || 'nobody'}`, () => {
      assert.deepEqual(applicationOf(host), { name, category });
    });
  }

  it('takes whole labels only', () => {
    assert.equal(applicationOf('notfacebook.com'), undefined);
    assert.equal(applicationOf('facebook.com.example.org')?.name, undefined);
    assert.equal(applicationOf(''), undefined);
  });

  it('does not mind case, port and final dot', () => {
    assert.equal(applicationOf('WWW.Netflix.COM.')?.name, 'NetFlix');
    assert.equal(applicationOf('www.netflix.com:443')?.name, 'NetFlix');
  });

  it('answers any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (host) => {
        applicationOf(host);
      }),
    );
  });
});

describe('applicationOfAddress', () => {
  const nameOf = (text: string): string | undefined => {
    const address = parseAddress(text);
    assert.ok(address);
    return applicationOfAddress(address.version, address.words)?.name;
  };

  it('takes the longest prefix', () => {
    assert.equal(nameOf('17.1.2.3'), 'Apple');
    assert.equal(nameOf('17.57.144.116'), 'ApplePush');
    assert.equal(nameOf('149.154.167.91'), 'Telegram');
    assert.equal(nameOf('157.240.20.53'), 'WhatsApp');
    assert.equal(nameOf('157.240.20.35'), 'Facebook');
    assert.equal(nameOf('2a03:2880:f12f:83:face:b00c:0:25de'), 'Facebook');
    assert.equal(nameOf('2606:4700:100::1'), 'CloudflareWarp');
    assert.equal(nameOf('192.0.2.1'), undefined);
    assert.equal(nameOf('::1'), undefined);
  });
});

describe('categoryOf', () => {
  it('knows protocols and applications', () => {
    assert.equal(categoryOf('TLS'), 'Web');
    assert.equal(categoryOf('SMTP'), 'Email');
    assert.equal(categoryOf('Spotify'), 'Music');
    assert.equal(categoryOf('something else'), 'Unspecified');
  });
});
