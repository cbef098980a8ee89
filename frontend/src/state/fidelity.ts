/** How well an activation image answers like what it was made for, in words. */

import type { ActivationImage } from "../api/types";

/** Cosine below which an optimisation has failed: such an image shows the failure, not the node. */
export const CONVERGED = 0.7;

export const converged = (cosine: number | null): boolean => cosine !== null && cosine >= CONVERGED;

/** A cosine as people write it: `.93`. */
export function cosineText(cosine: number | null): string {
  if (cosine === null || !Number.isFinite(cosine)) return "–";
  return cosine.toFixed(2).replace("-", "−").replace("0.", ".");
}

/** Say whether the image can be read, and why not. */
export function verdict({ cosine }: Pick<ActivationImage, "cosine">, noun: string): string {
  if (converged(cosine)) return `Answers like the ${noun}`;
  return "Did not converge: nothing can be read from this image";
}

/** Return how long the answer is beside the target. */
export const lengthText = (length: number): string => `${length.toFixed(length < 10 ? 2 : 0)} × as long`;

/** Return how far an image that is being made has come, between 0 and 1. */
export const shareDone = ({ step, steps, done }: Pick<ActivationImage, "step" | "steps" | "done">): number => (done ? 1 : steps ? step / steps : 0);
