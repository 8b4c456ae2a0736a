/** Appends that did not fit into the audio that is kept: how many, and the bytes of their frames. */
export interface Overflow {
  appends: number
  bytes: number
}

export function addOverflow(overflow: Overflow, { appends, bytes }: Readonly<Overflow>): void {
  overflow.appends += appends
  overflow.bytes += bytes
}

export function clearOverflow(overflow: Overflow): void {
  overflow.appends = 0
  overflow.bytes = 0
}

/** Returns how many of the appends the next server would need, if it needs `missingBytes` more than what is kept. */
export function lostAppends({ appends, bytes }: Readonly<Overflow>, missingBytes: number): number {
  const lostBytes = Math.min(missingBytes, bytes)
  return lostBytes > 0 ? Math.ceil((appends * lostBytes) / bytes) : 0
}
