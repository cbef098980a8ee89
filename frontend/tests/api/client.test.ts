import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Cancelled } from "../../src/api/client";
import { HttpClient } from "../../src/api/http";
import { JobStream } from "../../src/api/jobs";
import type { JobEvent } from "../../src/api/types";
import { STUDY } from "../study";

const event = (state: JobEvent["state"], patch: Partial<JobEvent> = {}): JobEvent => ({
  job: "j1", kind: "map", state, stage: "cluster", done: 0, total: 1, eta: null, error: null, ...patch,
});

class Source extends EventTarget {
  static last: Source;

  constructor(readonly url: string) {
    super();
    Source.last = this;
    queueMicrotask(() => this.dispatchEvent(new Event("open")));
  }

  say(job: JobEvent) {
    this.dispatchEvent(new MessageEvent("job", { data: JSON.stringify(job) }));
  }
}

const BASE = "http://host.example/some/prefix/";
const request = { layer: 0, settings: STUDY.defaults };
let asked: { url: string; method: string }[];
let answers: (body: unknown) => { status?: number; json: unknown };

beforeEach(() => {
  asked = [];
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("fetch", async (url: string, options: RequestInit) => {
    asked.push({ url, method: options.method ?? "GET" });
    if (url.endsWith("api/study")) return Response.json(STUDY);
    if (options.method === "DELETE") return new Response(null, { status: 204 });
    const { status = 200, json } = answers(options.body);
    return Response.json(json, { status });
  });
});

afterEach(() => vi.unstubAllGlobals());

async function opened(): Promise<HttpClient> {
  const client = new HttpClient(BASE);
  await client.study();
  return client;
}

describe("HttpClient", () => {
  it("asks below the page's own address", async () => {
    const client = await opened();
    expect(asked[0].url).toBe(`${BASE}api/study`);
    expect(Source.last.url).toBe(`${BASE}api/events`);
    expect(client.thumbnail(7)).toBe(`${BASE}api/examples/7/thumbnail`);
  });

  it("gives a file the name that the server says, and its notice", async () => {
    const headers = { "content-disposition": 'attachment; filename="layer-01.nodes.csv"', "x-topoact-notice": "two texts" };
    const client = await opened();
    vi.stubGlobal("fetch", async () => new Response("a,b", { headers }));
    const file = await client.leavingFile({ graph: "0".repeat(16), layout: "0".repeat(16), kind: "nodes.csv" });
    expect([file.name, await file.content.text(), file.notice]).toEqual(["layer-01.nodes.csv", "a,b", "two texts"]);
  });

  it("answers at once when the result is there", async () => {
    answers = () => ({ json: { result: "a/b", job: null } });
    expect(await (await opened()).map(request, () => undefined, new AbortController().signal)).toBe("a/b");
  });

  it("waits for the job, and reports on the way", async () => {
    answers = () => ({ json: { result: "a/b", job: "j1" } });
    const seen: string[] = [];
    const answer = (await opened()).map(request, ({ state }) => seen.push(state), new AbortController().signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
    Source.last.say(event("running"));
    Source.last.say(event("done", { job: "another" }));
    Source.last.say(event("done"));
    expect(await answer).toBe("a/b");
    expect(seen).toEqual(["running"]);
  });

  it("knows a job that ended before the ticket arrived", async () => {
    const client = await opened();
    Source.last.say(event("done"));
    answers = () => ({ json: { result: "a/b", job: "j1" } });
    expect(await client.map(request, () => undefined, new AbortController().signal)).toBe("a/b");
  });

  it("asks anew after the stream was interrupted", async () => {
    let job: string | null = "j1";
    answers = () => ({ json: { result: "a/b", job } });
    const answer = (await opened()).map(request, () => undefined, new AbortController().signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
    job = null;
    Source.last.dispatchEvent(new Event("open"));
    expect(await answer).toBe("a/b");
  });

  it("fails with the server's own sentence", async () => {
    const signal = new AbortController().signal;
    const client = await opened();
    answers = () => ({ status: 400, json: { error: "overlap must be below 1" } });
    await expect(client.map(request, () => undefined, signal)).rejects.toThrow("overlap must be below 1");
    answers = () => ({ json: { result: "a/b", job: "j1" } });
    Source.last.say(event("failed", { error: "all points are equal" }));
    await expect(client.map(request, () => undefined, signal)).rejects.toThrow("all points are equal");
  });

  it("cancels the job when it is called off", async () => {
    answers = () => ({ json: { result: "a/b", job: "j1" } });
    const abort = new AbortController();
    const answer = (await opened()).map(request, () => undefined, abort.signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort(new Cancelled());
    await expect(answer).rejects.toThrow(Cancelled);
    expect(asked.at(-1)).toEqual({ url: `${BASE}api/jobs/j1`, method: "DELETE" });
  });

  it("tells the names of activation images before they are made", async () => {
    answers = () => ({ json: { results: ["d1", "d2"], job: "j1" } });
    const targets = [0, 1].map((point) => ({ kind: "point" as const, point }));
    const begun = vi.fn();
    const client = await opened();
    const made = client.invert({ layer: 0, graph: "g", targets }, begun, () => undefined, new AbortController().signal);
    await vi.waitFor(() => expect(begun).toHaveBeenCalledWith(["d1", "d2"]));
    Source.last.say(event("done"));
    await made;
    expect([client.imageAddress("d1", null), client.imageAddress("d1", 32)]).toEqual([`${BASE}api/inversions/d1/image`, `${BASE}api/inversions/d1/image?step=32`]);
  });

  it("tells what was measured of the points from where they are", async () => {
    const header = JSON.stringify({ example: { dtype: "uint32", shape: [0], offset: 0 }, y: { dtype: "int32", shape: [0], offset: 0 }, x: { dtype: "int32", shape: [0], offset: 0 }, loss: { dtype: "float32", shape: [0], offset: 0 } }).padEnd(256);
    const body = new Uint8Array(8 + header.length);
    body.set(new TextEncoder().encode("TPA1"));
    new DataView(body.buffer).setUint32(4, header.length, true);
    body.set(new TextEncoder().encode(header), 8);
    vi.stubGlobal("fetch", async () => new Response(body));
    const points = await new HttpClient(BASE).points(0);
    expect(Object.keys(points)).toEqual(["example", "y", "x", "measured"]);
    expect(points.measured).toEqual({ loss: new Float32Array() });
  });

  it("says so when the server is gone", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
    await expect(new HttpClient(BASE).columns()).rejects.toThrow("does not answer");
  });
});

describe("JobStream", () => {
  it("keeps the last event of each job", async () => {
    const stream = new JobStream();
    stream.receive(event("running"));
    stream.receive(event("cancelled"));
    expect(await stream.finished("j1", () => undefined, new AbortController().signal)).toMatchObject({ state: "cancelled" });
  });
});
