import { Carry } from '../../src/observables/lance/consuming/carry.js';
import { tlv } from './scene.js';

describe('Carry', () => {
  it('knows what the record lacks: first its header, then its value', () => {
    const record = tlv([Buffer.from('hello')]);
    const carry = new Carry();
    expect([carry.length, carry.lacking]).toEqual([0, 5]);
    carry.begin(record.subarray(0, 3));
    expect([carry.length, carry.lacking]).toEqual([3, 2]);
    carry.append(record.subarray(3, 5));
    expect([carry.length, carry.lacking]).toEqual([5, 5]);
    carry.append(record.subarray(5, 9));
    expect([carry.length, carry.lacking]).toEqual([9, 1]);
    const target = new Uint8Array(12);
    carry.copyTo(target, 1);
    expect(Buffer.from(target)).toEqual(Buffer.concat([Buffer.of(0), record.subarray(0, 9), Buffer.of(0, 0)]));
    carry.clear();
    expect([carry.length, carry.lacking]).toEqual([0, 5]);
  });

  it('is a copy', () => {
    const record = tlv([Buffer.from('hello')]);
    const carry = new Carry();
    carry.begin(record.subarray(0, 8));
    const target = new Uint8Array(8);
    record.fill(0);
    carry.copyTo(target, 0);
    expect(Buffer.from(target.subarray(5)).toString()).toBe('hel');
  });

  it('a record of many fetches is copied a few times over, not once with each of them', () => {
    const record = tlv([Buffer.alloc(1_000_000, 7)]);
    const set = jest.spyOn(Uint8Array.prototype, 'set');
    const carry = new Carry();
    carry.begin(record.subarray(0, 100));
    for (let at = 100; at + 100 < record.length; at += 100) carry.append(record.subarray(at, at + 100));
    const copied = set.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0);
    set.mockRestore();
    expect(carry.lacking).toBe(record.length % 100);
    expect(copied).toBeLessThan(4 * record.length);
  });
});
