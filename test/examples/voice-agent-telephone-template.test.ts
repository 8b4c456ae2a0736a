// The tests are part of the template: `npx realtime-primitives init --template telephone` copies them.
import '../../examples/voice-agent-telephone-template/agent.test.js'
