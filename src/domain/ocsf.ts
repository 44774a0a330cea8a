/** What all events of OCSF 1.9.0 that are made here have in common. Pure. */

const VERSION = "1.9.0";
const PRODUCT = { name: "Concordat", vendor_name: "Concordat" };

/** An event's class: the number of the class, in which its category is. */
export const ocsfClass = (class_uid: number, activity_id: number) => ({
  class_uid,
  category_uid: Math.floor(class_uid / 1000),
  activity_id,
  type_uid: class_uid * 100 + activity_id,
});

/** An event's metadata, with these members besides. */
export const ocsfMetadata = (members: object) => ({ version: VERSION, product: PRODUCT, ...members });

/** `severity_id`. */
export const OCSF_SEVERITY = { informational: 1, medium: 3 } as const;
/** `status_id`. */
export const OCSF_STATUS = { success: 1, failure: 2 } as const;
/** `activity_id` and `type_id` of what OCSF has no number for. */
export const OCSF_OTHER = 99;
