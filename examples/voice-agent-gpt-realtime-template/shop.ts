/** The functions of your own systems that the tools call. Replace them; the tools stay as they are. */
export interface Shop {
  find(orderNumber: string): Promise<Order | undefined>
  refund(orderNumber: string, amount: number): Promise<void>
}

export interface Order {
  readonly status: 'packed' | 'shipped' | 'delivered'
  readonly total: number
  readonly arrives: string
  readonly refunded: number
}

/** A shop in memory. A real one takes its token here, from the environment of the server. */
export function createShop(): Shop {
  const orders = new Map<string, Order>([
    ['4711', { status: 'shipped', total: 24, arrives: 'tomorrow before noon', refunded: 0 }],
    ['4712', { status: 'delivered', total: 180, arrives: 'last Monday', refunded: 0 }],
  ])
  return {
    find: async (orderNumber) => orders.get(orderNumber),
    async refund(orderNumber, amount) {
      const order = orders.get(orderNumber)
      // The caller's words reach this place through a model: what must hold is checked here.
      if (!order || amount > order.total - order.refunded) throw new Error('more than was paid')
      orders.set(orderNumber, { ...order, refunded: order.refunded + amount })
    },
  }
}
