/** Returns the number of runs of a property: `usual` in `npm test`, and `certify` in `npm run certify`, which sets `CERTIFY=1`. */
export function runs(counts: { readonly usual: number; readonly certify: number }): number {
  return process.env.CERTIFY === '1' ? counts.certify : counts.usual
}
