import { afterEach, beforeEach } from 'vitest';
import { inboundContract } from './inbound.contract.ts';
import { leasesContract } from './leases.contract.ts';
import { orderingContract } from './ordering.contract.ts';
import { ownershipContract } from './ownership.contract.ts';
import { Scene } from './store-fixtures.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What the engine relies on, whichever store it runs on. */
export function deliveryStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  let scene: Scene;
  let store: StoreUnderTest;
  beforeEach(async () => {
    store = await open();
    scene = await Scene.set(store);
  });
  afterEach(() => store.close());
  const stage = {
    get scene() {
      return scene;
    },
    get store() {
      return store;
    },
  };
  leasesContract(name, stage);
  ownershipContract(name, stage);
  orderingContract(name, stage);
  inboundContract(name, stage);
}
