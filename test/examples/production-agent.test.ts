// The scenarios are part of the example, so that a copy of it includes them.
import '../../examples/production-agent/scenarios.test.js'
