/** The view in an address: JSON, deflated, in the URL-safe base64 alphabet, after a version. */

const VERSION = "1";

export async function encodeHash(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return `${VERSION}.${toBase64(await pipe(bytes, new CompressionStream("deflate-raw")))}`;
}

/** Return what `encodeHash` was given, or null when the text is not one of its answers. */
export async function decodeHash(text: string): Promise<unknown> {
  const [version, body] = text.replace(/^#/, "").split(".");
  if (version !== VERSION || !body) return null;
  try {
    const bytes = await pipe(fromBase64(body), new DecompressionStream("deflate-raw"));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

async function pipe(bytes: Uint8Array<ArrayBuffer>, through: GenericTransformStream): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(through as ReadableWritablePair<Uint8Array, Uint8Array>);
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

function toBase64(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}
