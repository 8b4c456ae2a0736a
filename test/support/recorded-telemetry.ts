import { type Attributes, type Context, type Meter, type Span, type Tracer, trace } from '@opentelemetry/api'

/** A span of {@link recordTelemetry}. Times are in milliseconds. */
export interface RecordedSpan {
  readonly name: string
  readonly parent: RecordedSpan | undefined
  readonly startMs: number
  readonly attributes: Attributes
  /** One entry for each call of `end()`. */
  readonly endsMs: number[]
}

/** A tracer and a meter that keep everything, without an SDK. */
export function recordTelemetry() {
  const spans: RecordedSpan[] = []
  /** The values of each metric. */
  const values = new Map<string, number[]>()
  let gauges = 0

  const tracer = {
    startSpan(name: string, options: { startTime: number; attributes?: Attributes }, context: Context) {
      const parent = trace.getSpan(context) as unknown as RecordedSpan | undefined
      const span = { name, parent, startMs: options.startTime, attributes: { ...options.attributes }, endsMs: [] }
      const recorded: RecordedSpan = Object.assign(span, {
        setAttribute: (key: string, value: string) => void Object.assign(span.attributes, { [key]: value }),
        setStatus() {},
        addEvent() {},
        end: (ms: number) => void (span.endsMs as number[]).push(ms),
      })
      spans.push(recorded)
      return recorded as unknown as Span
    },
  }
  const instrument = (name: string) => {
    const record = (value: number) => void values.set(name, [...(values.get(name) ?? []), value])
    return {
      record,
      add: record,
      addCallback: () => void gauges++,
      removeCallback: () => void gauges--,
    }
  }
  const meter = { createHistogram: instrument, createCounter: instrument, createObservableGauge: instrument }
  return {
    tracer: tracer as unknown as Tracer,
    meter: meter as unknown as Meter,
    spans,
    valuesOf: (name: string): readonly number[] => values.get(name) ?? [],
    allValues: () => [...values.values()].flat(),
    /** The number of gauges that are still observed. */
    gauges: () => gauges,
  }
}
