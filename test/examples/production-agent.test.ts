// The scenarios of the example are a part of it, so that people who copy it have them.
import '../../examples/production-agent/scenarios.test.js'
