/**
 * Repeats a measurement of audio in real time until its assertions hold, at most four times. The fake devices of Chromium skip samples when
 * the machine is busy, which spoils single measurements. A defect of the library spoils all of them.
 */
export async function repeatMeasurement(measure: () => Promise<void>): Promise<void> {
  const attempts = 4
  for (let attempt = 1; attempt < attempts; attempt++) {
    try {
      return await measure()
    } catch {
      // The last attempt reports what failed.
    }
  }
  await measure()
}
