// Holds conversations and prints the result as JSON. Started by measure-spoken.ts.
import { holdConversations } from './conversations.js'

const count = Number(process.argv[2])
await holdConversations(3) // compiles the code
console.log(JSON.stringify(await holdConversations(count)))
