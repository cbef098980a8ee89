/** From layout units to pixels and back. The layout's y grows upward, the screen's downward. */

import type { Camera } from "../state/view";

export interface Viewport {
  width: number;
  height: number;
}

export interface Margins {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const ZOOM_RANGE: [number, number] = [-6, 10];
const CLOSEST_FIT = 7;

export const scaleOf = (camera: Camera): number => 2 ** camera.zoom;

export function toScreen(camera: Camera, view: Viewport, x: number, y: number): [number, number] {
  const scale = scaleOf(camera);
  return [view.width / 2 + (x - camera.x) * scale, view.height / 2 - (y - camera.y) * scale];
}

export function toWorld(camera: Camera, view: Viewport, sx: number, sy: number): [number, number] {
  const scale = scaleOf(camera);
  return [camera.x + (sx - view.width / 2) / scale, camera.y - (sy - view.height / 2) / scale];
}

/** Zoom so that what is under the pixel (sx, sy) stays under it. */
export function zoomAt(camera: Camera, view: Viewport, sx: number, sy: number, by: number): Camera {
  const zoom = Math.min(ZOOM_RANGE[1], Math.max(ZOOM_RANGE[0], camera.zoom + by));
  const [x, y] = toWorld(camera, view, sx, sy);
  const scale = 2 ** zoom;
  return { x: x - (sx - view.width / 2) / scale, y: y + (sy - view.height / 2) / scale, zoom };
}

export function pan(camera: Camera, dx: number, dy: number): Camera {
  const scale = scaleOf(camera);
  return { ...camera, x: camera.x - dx / scale, y: camera.y + dy / scale };
}

/** Where a view lies on the page. */
export interface Place {
  left: number;
  top: number;
}

/** Return the camera under which everything stays where it is on the page when the view becomes another. */
export function steady(camera: Camera, from: Viewport & Place, to: Viewport & Place): Camera {
  const scale = scaleOf(camera);
  const dx = to.left + to.width / 2 - from.left - from.width / 2;
  const dy = to.top + to.height / 2 - from.top - from.height / 2;
  return dx || dy ? { ...camera, x: camera.x + dx / scale, y: camera.y - dy / scale } : camera;
}

/** Return the camera that shows all the positions inside the margins, with `pad` layout units around them. */
export function fit(xy: ArrayLike<number>, view: Viewport, margins: Margins, pad = 0): Camera {
  const [left, bottom, right, top] = bounds(xy, pad);
  const width = Math.max(40, view.width - margins.left - margins.right);
  const height = Math.max(40, view.height - margins.top - margins.bottom);
  const tightest = Math.log2(Math.min(width / Math.max(1e-6, right - left), height / Math.max(1e-6, top - bottom)));
  const zoom = pad ? Math.min(tightest, CLOSEST_FIT) : tightest;
  const scale = 2 ** zoom;
  const x = (left + right) / 2 - (margins.left - margins.right) / 2 / scale;
  const y = (bottom + top) / 2 + (margins.top - margins.bottom) / 2 / scale;
  return { x, y, zoom };
}

export function bounds(xy: ArrayLike<number>, pad: number): [number, number, number, number] {
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < xy.length; i += 2) {
    left = Math.min(left, xy[i]);
    right = Math.max(right, xy[i]);
    bottom = Math.min(bottom, xy[i + 1]);
    top = Math.max(top, xy[i + 1]);
  }
  return left <= right ? [left - pad, bottom - pad, right + pad, top + pad] : [-1, -1, 1, 1];
}

/** Return the share of the positions that are inside the view. */
export function shareInView(xy: Float32Array, camera: Camera, view: Viewport): number {
  let inside = 0;
  for (let i = 0; i < xy.length; i += 2) {
    const [sx, sy] = toScreen(camera, view, xy[i], xy[i + 1]);
    if (sx >= 0 && sx <= view.width && sy >= 0 && sy <= view.height) inside++;
  }
  return xy.length ? (2 * inside) / xy.length : 0;
}

/** Return the camera at `t` between 0 and 1 of a straight way. */
export function cameraBetween(from: Camera, to: Camera, t: number): Camera {
  if (t >= 1) return to;
  const at = (a: number, b: number) => a + (b - a) * t;
  return { x: at(from.x, to.x), y: at(from.y, to.y), zoom: at(from.zoom, to.zoom) };
}
