import type { Service } from '$lib/server/service'

declare global {
  namespace App {
    interface Locals {
      /** The API that the page uses. */
      service: Service
    }
  }
}
