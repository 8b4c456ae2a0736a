// The tests of the template are a part of it. `npx realtime-primitives init --template telephone` copies them.
import '../../examples/voice-agent-telephone-template/agent.test.js'
