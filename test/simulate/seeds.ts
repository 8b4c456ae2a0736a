import type { Plan } from './plan.js'

/** Shortest plans of failures that the simulator has found. Each is simulated by the tests. */
export const seeds: readonly (Plan & { readonly fault: string })[] = [
  {
    fault: 'a turn in smaller appends than those after it is transcribed again after a lost connection',
    kind: 'transcription',
    seed: 3481316354,
    steps: [
      { waitMs: 54706, name: 'say a word', seed: 753419725 },
      { waitMs: 0, name: 'be silent', seed: 1668398879 },
      { waitMs: 19177, name: 'drop', seed: 879122576 },
    ],
  },
  {
    fault: 'audio that is appended while a failed connect() closes its transport is queued without end',
    kind: 'translation',
    seed: 776148079,
    steps: [
      { waitMs: 175, name: 'refused request', seed: 338025420 },
      { waitMs: 540, name: 'say a word', seed: 779683001 },
      { waitMs: 0, name: 'drain', seed: 1008107424 },
    ],
  },
  {
    fault: 'a response request of a joined session is rejected after a conflict on two connections',
    kind: 'sideband',
    seed: 1946947176,
    steps: [
      { waitMs: 3526, name: 'let a response wait', seed: 2102788138 },
      { waitMs: 485, name: 'refused restore', seed: 1903801259 },
      { waitMs: 0, name: 'create an item', seed: 1338206252 },
      { waitMs: 1450, name: 'drop', seed: 81075432 },
    ],
  },
  {
    fault: 'an item that timed out while the session was restored is created on the next connection',
    kind: 'webrtc',
    seed: 1608567871,
    steps: [
      { waitMs: 67754, name: 'half-open connection', seed: 1460073533 },
      { waitMs: 0, name: 'let a response fail', seed: 458588245 },
      { waitMs: 35323, name: 'drop while the user speaks', seed: 477399233 },
    ],
  },
  {
    fault: 'the first agent is never activated when the session connects more than 10 s after runAgents()',
    kind: 'realtime',
    seed: 2426130036,
    steps: [{ waitMs: 159193, name: 'say a word', seed: 1454972422 }],
    connectAfter: 3,
  },
  {
    fault: 'a response that is requested while the session connects is created without its tools',
    kind: 'realtime',
    seed: 1294472249,
    steps: [
      { waitMs: 0, name: 'let a response fail', seed: 1928313110 },
      { waitMs: 131, name: 'call a fast tool', seed: 1907892508 },
    ],
    connectAfter: 1,
  },
  {
    fault: 'tools of a snapshot are unknown to a response in the same tick as their acknowledgement',
    kind: 'realtime',
    seed: 1251528113,
    steps: [
      { waitMs: 4237, name: 'say a word', seed: 690095819 },
      { waitMs: 0, name: 'snapshot and resume', seed: 1022723131 },
      { waitMs: 421, name: 'say a word', seed: 454728451 },
      { waitMs: 0, name: 'call several tools', seed: 2042604624 },
    ],
  },
  {
    fault: 'a response that a joined session lost with its connection never ends in its state',
    kind: 'sideband',
    seed: 3570363757,
    steps: [
      { waitMs: 0, name: 'send a message', seed: 1651582283 },
      { waitMs: 0, name: 'drop', seed: 1938550333 },
    ],
  },
  {
    fault:
      'the acknowledgement of an update is taken for that of an earlier one, which the server does not acknowledge',
    kind: 'realtime',
    seed: 3558115012,
    steps: [
      { waitMs: 1217, name: 'unanswered request', seed: 2051028690 },
      { waitMs: 0, name: 'update the configuration', seed: 1642965333 },
      { waitMs: 54, name: 'update the configuration', seed: 345062008 },
      { waitMs: 13763, name: 'act in a listener', seed: 921215482 },
    ],
  },
  {
    fault: 'the key that is pressed before a call starts counts as one of the call',
    kind: 'twilio',
    seed: 3486574463,
    steps: [{ waitMs: 0, name: 'press a key', seed: 89620926 }],
    connectAfter: 1,
  },
  {
    fault: 'an item whose conversation.item.added was lost is created twice on the next server',
    kind: 'realtime',
    seed: 1535726152,
    steps: [
      { waitMs: 0, name: 'frozen process', seed: 384566975 },
      { waitMs: 0, name: 'clear', seed: 77831193 },
      { waitMs: 0, name: 'lost start', seed: 902372401 },
      { waitMs: 0, name: 'create an item', seed: 250467059 },
      { waitMs: 0, name: 'drop while the user speaks', seed: 199090488 },
    ],
    connectAfter: 3,
  },
  {
    fault: 'the simulation expects an agent to be active whose update the server has ignored',
    kind: 'realtime',
    seed: 2746001322,
    steps: [
      { waitMs: 433, name: 'unanswered request', seed: 804193208 },
      { waitMs: 2204, name: 'changed date', seed: 1241563315 },
    ],
  },
  {
    fault: 'the simulation compares the message of a former session with the handles of the next one',
    kind: 'realtime',
    seed: 3419980113,
    steps: [
      { waitMs: 8974, name: 'half-open connection', seed: 278847992 },
      { waitMs: 0, name: 'send a message', seed: 674838874 },
      { waitMs: 0, name: 'snapshot and resume', seed: 1138603943 },
      { waitMs: 17756, name: 'respond', seed: 1593844230 },
    ],
  },
  {
    fault: 'the simulation expects a rotation not to wait for a commit whose caller has given up',
    kind: 'realtime',
    seed: 3560613227,
    steps: [
      { waitMs: 0, name: 'respond out of band', seed: 1201826101 },
      { waitMs: 112, name: 'commit between two words', seed: 484046676 },
      { waitMs: 0, name: 'abort the last wait', seed: 2106559930 },
      { waitMs: 0, name: 'rotate', seed: 387000968 },
    ],
    connectAfter: 1,
  },
  {
    fault: 'the simulation expects a rotation not to wait for a commit that is late',
    kind: 'realtime',
    seed: 3320043652,
    steps: [
      { waitMs: 0, name: 'stalled connection', seed: 47178137 },
      { waitMs: 0, name: 'commit', seed: 111446582 },
      { waitMs: 13031, name: 'rotate', seed: 1653103075 },
    ],
  },
  {
    fault: 'settled of a joined session waits for the end of audio that it missed during an outage',
    kind: 'sideband',
    seed: 1923710829,
    steps: [
      { waitMs: 0, name: 'send a message', seed: 44494418 },
      { waitMs: 205, name: 'silent server', seed: 1269218506 },
    ],
    burstRate: 1,
  },
  {
    fault: 'a line of the transcript that was cancelled before it was played ends before its start',
    kind: 'realtime',
    seed: 1663411132,
    steps: [
      { waitMs: 43613, name: 'say a forbidden word', seed: 1825081976 },
      { waitMs: 0, name: 'act in a listener', seed: 731337232 },
      { waitMs: 139037, name: 'interrupt', seed: 893971851 },
    ],
    burstRate: 1,
  },
  {
    fault: 'the simulation stops the audio of a call when the call before it has ended late',
    kind: 'webrtc',
    seed: 4210646140,
    steps: [
      { waitMs: 0, name: 'create an item', seed: 936171647 },
      { waitMs: 0, name: 'create an item', seed: 1110124960 },
      { waitMs: 172, name: 'snapshot and resume', seed: 352151743 },
      { waitMs: 144884, name: 'send a message', seed: 2011998494 },
    ],
    connectAfter: 2,
  },
  {
    fault: 'the emulator forgets a turn in progress when the turn detection changes, so that it never ends',
    kind: 'webrtc',
    seed: 1674999800,
    steps: [{ waitMs: 41, name: 'say a word', seed: 2062384756 }],
    burstRate: 1,
  },
  {
    fault: 'the interruption guard cancels every response after turn detection was switched off while the user spoke',
    kind: 'webrtc',
    seed: 3142417814,
    steps: [{ waitMs: 56, name: 'say a word', seed: 984889352 }],
    burstRate: 1,
  },
  {
    fault:
      'an item that could not be restored moves behind the others when the new server lists the tools of an MCP server',
    kind: 'realtime',
    seed: 295374088,
    steps: [
      { waitMs: 0, name: 'act in a listener', seed: 1197507860 },
      { waitMs: 0, name: 'create an item', seed: 800596804 },
      { waitMs: 0, name: 'late restore', seed: 1181272657 },
    ],
    burstRate: 1,
  },
  {
    fault: 'the simulation expects a slow response not to be replaced by that of the fallback',
    kind: 'sideband',
    seed: 2409932783,
    steps: [
      { waitMs: 0, name: 'let a response wait', seed: 1031363005 },
      { waitMs: 0, name: 'drop', seed: 328217273 },
    ],
    burstRate: 0.5,
  },
  {
    fault: 'the simulation expects the text of a response that runTools has requested without its content',
    kind: 'webrtc',
    seed: 3108301455,
    steps: [
      { waitMs: 22422, name: 'talk and call a tool', seed: 1058268220 },
      { waitMs: 109761, name: 'read a response', seed: 1142133499 },
    ],
    burstRate: 0.5,
  },
]
