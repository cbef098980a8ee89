/** Rows of a long list that are near the window of its scroller. */

import { elementScroll, observeElementOffset, observeElementRect, type VirtualItem, Virtualizer } from "@tanstack/virtual-core";

interface Shape {
  count: number;
  rowHeight: number;
  /** Where the list begins inside its scroller, in pixels. */
  offset: number;
}

/** Call while a component is set up. `scroller` is asked for again whenever the shape changes. */
export class VirtualRows {
  items = $state.raw<VirtualItem[]>([]);
  total = $state(0);
  private readonly list: Virtualizer<HTMLElement, HTMLElement>;

  constructor(scroller: () => HTMLElement | null, shape: () => Shape) {
    const options = () => ({
      count: shape().count,
      getScrollElement: scroller,
      estimateSize: () => shape().rowHeight,
      scrollMargin: shape().offset,
      overscan: 4,
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      onChange: () => this.read(),
    });
    this.list = new Virtualizer<HTMLElement, HTMLElement>({ ...options(), count: 0, getScrollElement: () => null });
    $effect(() => this.list._didMount());
    $effect(() => {
      this.list.setOptions(options());
      this.list._willUpdate();
      this.list.measure();
      this.read();
    });
  }

  scrollTo(row: number): void {
    this.list.scrollToIndex(row, { align: "auto" });
  }

  private read(): void {
    this.items = this.list.getVirtualItems();
    this.total = this.list.getTotalSize();
  }
}
