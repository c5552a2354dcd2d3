import type { Scene } from './store-fixtures.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** Set anew for each test. */
export type Stage = { readonly scene: Scene; readonly store: StoreUnderTest };

export const byText = (one: string, other: string): number => (one < other ? -1 : 1);

export const ids = (items: { deliveryId: string }[]): string[] => items.map((item) => item.deliveryId);
