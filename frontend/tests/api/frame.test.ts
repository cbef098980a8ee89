import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../src/api/frame";

function encode(arrays: Record<string, { dtype: string; shape: number[]; bytes: ArrayBuffer }>): ArrayBuffer {
  const header: Record<string, object> = {};
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(arrays)) {
    header[name] = { dtype, shape, offset };
    const padded = new Uint8Array(Math.ceil(bytes.byteLength / 8) * 8);
    padded.set(new Uint8Array(bytes));
    chunks.push(padded);
    offset += padded.length;
  }
  let text = JSON.stringify(header);
  text += " ".repeat((8 - ((8 + text.length) % 8)) % 8);
  const result = new Uint8Array(8 + text.length + offset);
  result.set(new TextEncoder().encode("TPA1"));
  new DataView(result.buffer).setUint32(4, text.length, true);
  result.set(new TextEncoder().encode(text), 8);
  let at = 8 + text.length;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result.buffer;
}

describe("decodeFrame", () => {
  it("reads every type, aligned after odd lengths", () => {
    const frame = decodeFrame(
      encode({
        a: { dtype: "uint8", shape: [3], bytes: Uint8Array.of(1, 2, 255).buffer },
        b: { dtype: "float32", shape: [2, 2], bytes: Float32Array.of(1.5, -2, NaN, 0).buffer },
        c: { dtype: "int32", shape: [1], bytes: Int32Array.of(-1).buffer },
        d: { dtype: "uint32", shape: [0], bytes: new ArrayBuffer(0) },
      }),
    );
    expect([...frame.a]).toEqual([1, 2, 255]);
    expect([...frame.b]).toEqual([1.5, -2, NaN, 0]);
    expect(frame.c[0]).toBe(-1);
    expect(frame.d).toHaveLength(0);
  });

  it("refuses what is not a frame, and unknown types", () => {
    expect(() => decodeFrame(new TextEncoder().encode("{\"error\":1}").buffer as ArrayBuffer)).toThrow("not a TopoAct frame");
    expect(() => decodeFrame(encode({ a: { dtype: "float64", shape: [1], bytes: new ArrayBuffer(8) } }))).toThrow("float64");
  });
});
