import type { Service } from '$lib/server/service'

declare global {
  namespace App {
    interface Locals {
      /** What answers the page. */
      service: Service
    }
  }
}
