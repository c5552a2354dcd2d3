import { deliveryStoreContract } from './delivery-store.contract.ts';
import { openPostgresStore } from './store-under-test.ts';

deliveryStoreContract('PostgreSQL', openPostgresStore);
