import { deliveryStoreContract } from './delivery-store.contract.ts';
import { openMemoryStore } from './store-under-test.ts';

deliveryStoreContract('memory', openMemoryStore);
