BEGIN;
ALTER TABLE agenticorg_pods_in_opposite_order.agents ADD COLUMN IF NOT EXISTS seen int;
ALTER TABLE agenticorg_pods_in_opposite_order.sso_configs ADD COLUMN IF NOT EXISTS seen int;
COMMIT;
BEGIN;
ALTER TABLE agenticorg_pods_in_opposite_order.sso_configs ADD COLUMN IF NOT EXISTS owner int;
ALTER TABLE agenticorg_pods_in_opposite_order.agents ADD COLUMN IF NOT EXISTS owner int;
COMMIT;
