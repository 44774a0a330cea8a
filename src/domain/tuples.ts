export type TupleKey = { user: string; relation: string; object: string };
export type Condition =
  | { name: "not_expired"; context: { expires_at: string } }
  | { name: "record"; context: { fields: Record<string, string> } };
export type Tuple = TupleKey & { condition?: Condition };
