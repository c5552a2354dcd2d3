import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Position, origin } from './recovery.rules.ts';
import { readFully } from './segment-scan.ts';

/** How far the log was removed, kept durably. */
export type PositionFile = {
  /** What was last written. Not certain: the file is damaged, and more may have been removed than this says. */
  readonly found: { position: Position; certain: boolean };
  /** Resolves when it is on disk. */
  write(position: Position): Promise<void>;
  close(): Promise<void>;
};

/**
 * A slot: generation 6 | sequence 6 | offset 6 | checksum 4. Two of them, written in turn and in place: a torn write
 * leaves the other one, and on a full disk, where removing is what helps, no new block is needed.
 */
const slotBytes = 22;
const slotDistance = 4096;
const fileBytes = 2 * slotDistance;

type Slot = { generation: number; position: Position };

/** Opens `<folder>/position`, or makes it; the caller syncs the folder. */
export async function openPositionFile(folder: string): Promise<PositionFile> {
  const file = await open(join(folder, 'position'), constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const content = await readFully(file, 0, fileBytes);
    if (content.length < fileBytes) {
      await file.write(Buffer.alloc(fileBytes - content.length), 0, null, content.length);
      await file.sync();
    }
    const slots = [0, slotDistance].map((at) => readSlot(content.subarray(at, at + slotBytes)));
    const known = slots.filter((slot) => slot !== null);
    const newest = known.reduce((a, b) => (b.generation > a.generation ? b : a), unwritten);
    let { generation } = newest;
    return {
      found: { position: newest.position, certain: known.length === slots.length },
      async write(position) {
        // The slot stays the same until it is written well: the other one holds what is known to be on disk.
        const slot = encodeSlot({ generation: generation + 1, position });
        await file.write(slot, 0, slotBytes, ((generation + 1) % 2) * slotDistance);
        await file.datasync();
        generation += 1;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const unwritten: Slot = { generation: 0, position: origin };

/** Null for a slot that is damaged or torn. */
function readSlot(bytes: Buffer): Slot | null {
  if (bytes.every((byte) => byte === 0)) return unwritten;
  if (bytes.length < slotBytes || crc32(bytes.subarray(0, 18)) !== bytes.readUInt32BE(18)) return null;
  const position = { sequence: bytes.readUIntBE(6, 6), offset: bytes.readUIntBE(12, 6) };
  return { generation: bytes.readUIntBE(0, 6), position };
}

function encodeSlot({ generation, position }: Slot): Buffer {
  const bytes = Buffer.alloc(slotBytes);
  bytes.writeUIntBE(generation, 0, 6);
  bytes.writeUIntBE(position.sequence, 6, 6);
  bytes.writeUIntBE(position.offset, 12, 6);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 18)), 18);
  return bytes;
}
