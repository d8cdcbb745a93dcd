import { BatchWriter } from '../../src/codecs/lance/batch-writer.js';
import { Parcel } from '../../src/observables/lance/producing/parcel.js';
import { Room } from '../../src/observables/lance/producing/room.js';

const HEADER = 5;
const value = new Uint8Array(20);

function roomOf(bytes: number): { readonly room: Room; readonly parcel: Parcel } {
  const parcel = new Parcel(1, 'log', new BatchWriter(1000), 0, { acked: () => {}, rejected: () => {} });
  const room = new Room();
  room.open(parcel, bytes);
  return { room, parcel };
}

describe('room in a batch', () => {
  it('takes what fits, and counts its bytes as the batch does', () => {
    const { room, parcel } = roomOf(60);
    const added = [room.add(1, value), room.add(1, 'äöü'), room.add(1, value), room.add(1, '')];
    // The last value would need 25 of the 24 bytes that are left; an empty one needs 5.
    expect(added).toEqual([true, true, false, true]);
    expect(room.taken).toBe(HEADER + 20 + (HEADER + 6) + HEADER);
    expect([parcel.bytes, parcel.records]).toEqual([room.taken, 3]);
  });

  it('has none in a batch that is due: that may have left while the value was being made', () => {
    const { room, parcel } = roomOf(1000);
    room.add(1, value);
    parcel.due = true;
    expect([room.add(1, value), room.add(1, 'text')]).toEqual([false, false]);
    expect([room.taken, parcel.records]).toEqual([25, 1]);
  });

  it('has none without a batch', () => {
    const { room } = roomOf(1000);
    room.open(undefined, 0);
    expect([room.add(1, value), room.taken]).toEqual([false, 0]);
  });

  it('takes a text of which it is not certain that it fits only after a closer look', () => {
    const { room } = roomOf(HEADER + 20);
    expect([room.add(1, 'seven b'), room.add(1, 'six by')]).toEqual([false, true]);
  });
});
