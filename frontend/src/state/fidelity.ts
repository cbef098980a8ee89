/** How well the activation of an image matches its target, in words. */

import type { ActivationImage } from "../api/types";

/** Cosine below which an optimisation has failed: such an image shows the failure, not the node. */
export const CONVERGED = 0.7;

export const converged = (cosine: number | null): boolean => cosine !== null && cosine >= CONVERGED;

/** A cosine as people write it: `.93`. */
export function cosineText(cosine: number | null): string {
  if (cosine === null || !Number.isFinite(cosine)) return "–";
  return cosine.toFixed(2).replace("-", "−").replace("0.", ".");
}

/** Say whether the image can be interpreted, and why not. */
export function verdict({ cosine }: Pick<ActivationImage, "cosine">, noun: string): string {
  if (converged(cosine)) return `Matches the ${noun}`;
  return "Did not converge: not interpretable";
}

/** Return the norm of the activation relative to that of the target. */
export const lengthText = (length: number): string => `norm ${length.toFixed(length < 10 ? 2 : 0)} × the target's`;

/** Return how far an image that is being made has come, between 0 and 1. */
export const shareDone = ({ step, steps, done }: Pick<ActivationImage, "step" | "steps" | "done">): number => (done ? 1 : steps ? step / steps : 0);
