/** "Poly" decay (methods/cam.md §0): the factor on the learning rate at this progress, 0 at the start to 1 at the end. */
export function polyFactor(progress: number, power: number): number {
  return (1 - Math.min(Math.max(progress, 0), 1)) ** power;
}
