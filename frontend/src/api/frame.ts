/** Reads the binary frame that `encode_frame` in `src/topoact/wire.py` writes. */

export type FrameArray = Int32Array | Uint32Array | Float32Array | Uint8Array;
export type Frame = Record<string, FrameArray>;

interface Entry {
  dtype: keyof typeof ARRAYS;
  shape: number[];
  offset: number;
}

const MAGIC = 0x31415054; // "TPA1", little-endian
const ARRAYS = { int32: Int32Array, uint32: Uint32Array, float32: Float32Array, uint8: Uint8Array };

/** Decode a frame without copying: the arrays are views into `buffer`. */
export function decodeFrame(buffer: ArrayBuffer): Frame {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new Error("the server's answer is not a TopoAct frame");
  }
  const headerLength = view.getUint32(4, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, 8, headerLength));
  const entries = Object.entries(JSON.parse(header) as Record<string, Entry>);
  return Object.fromEntries(entries.map(([name, entry]) => [name, readArray(buffer, 8 + headerLength, name, entry)]));
}

function readArray(buffer: ArrayBuffer, start: number, name: string, entry: Entry): FrameArray {
  const type = ARRAYS[entry.dtype];
  if (!type) throw new Error(`the frame's array “${name}” has the unknown type ${entry.dtype}`);
  const length = entry.shape.reduce((product, size) => product * size, 1);
  return new type(buffer, start + entry.offset, length);
}
