/** Something that is done a while after it is called for, once for all calls in between. */
export class Throttle {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly delay: number,
    private readonly act: () => Promise<unknown>,
  ) {}

  call(): void {
    this.timer ??= setTimeout(() => void this.act().finally(() => this.stop()), this.delay);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
