/** The client over HTTP. Every address is relative to the page, so that the explorer works behind a path prefix. */

import { Cancelled, type Client, type Columns, type Members, type Patches, type Points, type Progress } from "./client";
import { decodeFrame, type Frame } from "./frame";
import { JobStream } from "./jobs";
import type { ActivationImage, AttributionRequest, ExampleId, FirstScreen, Graph, InversionRequest, InversionTicket, KeyTerms, Labels, LocatedInput, LogitLens, MapRequest, NodeAttribution, NodeImage, ProjectionRequest, SearchRequest, Settings, ShapeReport, Stability, StabilityRequest, StudySummary, Ticket } from "./types";

const UNREACHABLE = "The TopoAct server does not answer. Is it still running?";

export class HttpClient implements Client {
  /** Names this page: a job that several pages want goes on until all of them give it up. */
  private readonly page = Math.random().toString(36).slice(2);
  private readonly jobs = new JobStream();

  constructor(private readonly base = document.baseURI) {}

  async study(): Promise<StudySummary> {
    const study = await this.json<StudySummary>("api/study");
    await this.jobs.open(this.address("api/events"));
    return study;
  }

  async map(request: MapRequest, progress: Progress, signal: AbortSignal): Promise<string> {
    return (await this.obtain<Ticket>("api/maps", request, progress, signal)).result;
  }

  async firstScreen(layer: number, settings: Settings, progress: Progress, signal: AbortSignal): Promise<FirstScreen> {
    const { result } = await this.obtain<Ticket>("api/first-screens", { layer, settings }, progress, signal);
    return this.json<FirstScreen>(`api/graphs/${result}/first-screen`);
  }

  words(graph: string): Promise<Labels> {
    return this.json<Labels>(`api/graphs/${graph}/words`);
  }

  labels(graph: string, column: string): Promise<Labels> {
    return this.json<Labels>(`api/graphs/${graph}/labels?column=${encodeURIComponent(column)}`);
  }

  graph(address: string): Promise<Graph> {
    return this.json<Graph>(`api/graphs/${address}`);
  }

  async members(digest: string): Promise<Members> {
    return (await this.frame(`api/graphs/${digest}/members`)) as unknown as Members;
  }

  shape(digest: string, column: string): Promise<ShapeReport> {
    return this.json<ShapeReport>(`api/graphs/${digest}/shape${column && `?column=${encodeURIComponent(column)}`}`);
  }

  async stability(request: StabilityRequest, progress: Progress, signal: AbortSignal): Promise<Stability> {
    const { result } = await this.obtain<Ticket>("api/stabilities", request, progress, signal);
    return this.json<Stability>(`api/graphs/${result}/stability`);
  }

  keyTerms(graph: string, node: number): Promise<KeyTerms> {
    return this.json<KeyTerms>(`api/graphs/${graph}/nodes/${node}/keyterms`);
  }

  async attribute(request: AttributionRequest, progress: Progress, signal: AbortSignal): Promise<void> {
    await this.obtain("api/attributions", request, progress, signal);
  }

  nodeAttribution(graph: string, node: number): Promise<NodeAttribution | LogitLens> {
    return this.json<NodeAttribution | LogitLens>(`api/graphs/${graph}/nodes/${node}/attribution`);
  }

  async points(layer: number): Promise<Points> {
    const { example, y, x, ...measured } = await this.frame(`api/layers/${layer}/points`);
    return { example, y, x, measured } as Points;
  }

  async projection(request: ProjectionRequest, progress: Progress, signal: AbortSignal): Promise<Float32Array> {
    const { result } = await this.obtain<Ticket>("api/projections", request, progress, signal);
    return (await this.frame(`api/projections/${result}`)).xy as Float32Array;
  }

  async invert(request: InversionRequest, begun: (digests: string[]) => void, progress: Progress, signal: AbortSignal): Promise<void> {
    await this.obtain<InversionTicket>("api/inversions", request, progress, signal, ({ results }) => begun(results));
  }

  activationImage(digest: string): Promise<ActivationImage> {
    return this.json<ActivationImage>(`api/inversions/${digest}`);
  }

  nodeImages(graph: string): Promise<NodeImage[]> {
    return this.json<NodeImage[]>(`api/graphs/${graph}/images`);
  }

  async locate(input: Blob | string, settings: Settings, layer: number, begun: (name: string) => void, progress: Progress, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ layer: String(layer), settings: JSON.stringify(settings) });
    const body = typeof input === "string" ? { text: input } : input;
    await this.obtain<Ticket>(`api/located-inputs?${query}`, body, progress, signal, ({ result }) => begun(result));
  }

  locatedInput(name: string): Promise<LocatedInput> {
    return this.json<LocatedInput>(`api/located-inputs/${name}`);
  }

  async columns(): Promise<Columns> {
    return (await this.frame("api/examples/columns")) as Columns;
  }

  examples(rows: number[]): Promise<ExampleId[]> {
    return this.json<ExampleId[]>("api/examples", "POST", { rows });
  }

  async search(request: SearchRequest): Promise<Uint32Array> {
    return (await this.frame("api/examples/search", "POST", request)).rows as Uint32Array;
  }

  thumbnail(row: number): string {
    return this.address(`api/examples/${row}/thumbnail`);
  }

  async patches(layer: number, points: number[], side: number): Promise<Patches> {
    return (await this.frame(`api/layers/${layer}/patches?side=${side}&points=${points.join()}`)) as unknown as Patches;
  }

  imageAddress(digest: string, step: number | null): string {
    return this.address(`api/inversions/${digest}/image${step === null ? "" : `?step=${step}`}`);
  }

  /** Ask until it is there; `begun` is called with the ticket before its job ends. */
  private async obtain<T extends { job: string | null }>(path: string, body: object, progress: Progress, signal: AbortSignal, begun?: (ticket: T) => void): Promise<T> {
    for (;;) {
      const ticket = await this.json<T>(path, "POST", body);
      begun?.(ticket);
      if (!ticket.job) return ticket;
      const { job } = ticket;
      const cancel = () => void this.send(`api/jobs/${job}`, "DELETE").catch(() => undefined);
      if (signal.aborted) cancel();
      signal.throwIfAborted();
      signal.addEventListener("abort", cancel, { once: true });
      const last = await this.jobs.finished(job, progress, signal);
      signal.removeEventListener("abort", cancel);
      if (last?.state === "done") return ticket;
      if (last?.state === "cancelled") throw new Cancelled();
      if (last?.state === "failed") throw new Error(last.error ?? "The work failed and the server did not say why.");
    }
  }

  private async json<T>(path: string, method = "GET", body?: object): Promise<T> {
    return (await (await this.send(path, method, body)).json()) as T;
  }

  private async frame(path: string, method = "GET", body?: object): Promise<Frame> {
    return decodeFrame(await (await this.send(path, method, body)).arrayBuffer());
  }

  private async send(path: string, method = "GET", body?: object): Promise<Response> {
    const raw = body instanceof Blob;
    const headers: Record<string, string> = { "x-topoact-page": this.page };
    if (body) headers["content-type"] = raw ? "application/octet-stream" : "application/json";
    const options = { method, headers, body: raw ? body : body && JSON.stringify(body) };
    const response = await fetch(this.address(path), options).catch(() => {
      throw new Error(UNREACHABLE);
    });
    if (!response.ok) throw new Error(await problem(response));
    return response;
  }

  private address(path: string): string {
    return new URL(path, this.base).href;
  }
}

async function problem(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  const sentence = (body as { error?: unknown } | null)?.error;
  return typeof sentence === "string" ? sentence : `The server answered ${response.status} ${response.statusText}.`;
}
