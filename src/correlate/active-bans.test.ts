import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActiveBans } from './active-bans.ts';

const HOUR_US = 3_600_000_000;

function told(bans: ActiveBans, event: string, value: string, more: object = {}): void {
  bans.take({
    timestamp: '2026-11-21T12:00:00.000000+0000',
    event_type: 'decision',
    decision: { event, type: 'ban', value, until: '2026-11-21T13:00:00.000000+0000', ...more },
  });
}

const NOON_US = Date.parse('2026-11-21T12:00:00Z') * 1000;

test('addresses are banned by themselves or by a network around them, until that ends', () => {
  const bans = new ActiveBans();
  told(bans, 'taken', '203.0.113.9');
  told(bans, 'taken', '198.51.100.0/24');
  told(bans, 'taken', '2001:db8:bad::/64');
  for (const banned of [
    '203.0.113.9',
    '198.51.100.77',
    '198.51.100.0/25',
    '2001:db8:bad::9',
    '2001:db8:bad::/64',
  ]) {
    assert.ok(bans.has(banned, NOON_US), banned);
  }
  for (const free of [
    '203.0.113.10',
    '198.51.0.0/16',
    '2001:db8:bad:1::9',
    't13d1516h2_8daaf6152771_b186095e22b6',
  ]) {
    assert.ok(!bans.has(free, NOON_US), free);
  }
  assert.ok(!bans.has('198.51.100.77', NOON_US + HOUR_US));
  told(bans, 'lifted', '2001:db8:bad::/64');
  assert.ok(!bans.has('2001:db8:bad::9', NOON_US));
});

test('what is simulated, or no ban, bans nobody', () => {
  const bans = new ActiveBans();
  told(bans, 'taken', '203.0.113.9', { simulated: true });
  told(bans, 'taken', '203.0.113.9', { type: 'throttle' });
  assert.ok(!bans.has('203.0.113.9', NOON_US));
});
