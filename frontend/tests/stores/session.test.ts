import { describe, expect, it } from "vitest";
import { Cancelled, type Client, type Progress } from "../../src/api/client";
import type { Graph, JobEvent, MapRequest, PreviewRequest } from "../../src/api/types";
import { Session } from "../../src/stores/session.svelte";
import { GRAPH, LABELS, MEMBERS, STUDY } from "../study";

const PREVIEW: Graph = { ...GRAPH, digest: "p", layout: "q", sample: 6 };
const EVENT: JobEvent = { job: "j", kind: "map", state: "running", stage: "finding neighbours", done: 1, total: 9, eta: null, error: null };

/** A server that has a preview, and the graph when it is told so. */
class Server {
  asked: (PreviewRequest | MapRequest)[] = [];
  preview: string | null = "p/q";
  finish: () => void = () => undefined;

  readonly client = {
    preview: async (request: PreviewRequest) => {
      this.asked.push(request);
      return this.preview;
    },
    map: (request: MapRequest, progress: Progress, signal: AbortSignal) => {
      this.asked.push(request);
      progress(EVENT);
      return new Promise<string>((resolve, reject) => {
        this.finish = () => resolve(`${GRAPH.digest}/${GRAPH.layout}`);
        signal.addEventListener("abort", () => reject(new Cancelled()));
      });
    },
    firstScreen: async () => ({ settings: STUDY.defaults, rule: "" }),
    graph: async (address: string) => (address === "p/q" ? PREVIEW : GRAPH),
    members: async () => ({ ...MEMBERS, uncovered: Uint32Array.of(), lens: new Float32Array(8) }),
    points: async () => ({ example: Uint32Array.from(LABELS.keys()), y: new Int32Array(8), x: new Int32Array(8), measured: {} }),
  } as unknown as Client;
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

async function opened(server: Server): Promise<Session> {
  const session = new Session(server.client, STUDY, { label: LABELS });
  session.restore(session.initial);
  await turns();
  return session;
}

describe("a large graph", () => {
  it("shows a preview until it is there, and is drawn beside it", async () => {
    const server = new Server();
    const session = await opened(server);
    expect([session.loaded?.graph.digest, session.whole]).toEqual(["p", null]);
    expect(session.graphJob.pending).toEqual(EVENT);
    expect(server.asked.at(-1)).toMatchObject({ anchor: { graph: "p", layout: "q" } });
    server.finish();
    await turns();
    expect(session.whole?.digest).toBe(GRAPH.digest);
    expect(session.graphJob.pending).toBeNull();
  });

  it("can be asked for again when it was cancelled", async () => {
    const server = new Server();
    const session = await opened(server);
    session.graphJob.cancel();
    await turns();
    expect([session.loaded?.graph.digest, session.graphJob.pending]).toEqual(["p", null]);
    session.complete();
    await turns();
    server.finish();
    await turns();
    expect(session.whole?.digest).toBe(GRAPH.digest);
    expect(server.asked.filter((request) => "first" in request)).toHaveLength(1);
  });

  it("has no preview where it is there soon", async () => {
    const server = new Server();
    server.preview = null;
    const session = await opened(server);
    expect(session.loaded).toBeNull();
    expect(server.asked.at(-1)).toMatchObject({ anchor: null });
  });
});
