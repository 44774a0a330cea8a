/** What each role carries: the cap is a subset of rungs, and the two managers are peers. */
import { describe, expect, it } from "vitest";
import {
  delegable,
  effectiveRole,
  JOB_ROLES,
  JobRoleInput,
  ORGANIZATION_ROLES,
  OrganizationRoleInput,
  PERMISSION_OF,
  RUNGS,
  roleOfRungs,
  SHARED_ROLES,
} from "../../../src/domain/roles.ts";

describe("a role", () => {
  it("is written as these rungs", () => {
    expect(Object.fromEntries(JOB_ROLES.map((role) => [role, [...RUNGS[role]].sort()]))).toEqual({
      operator: ["asset_manager", "operator", "technical_manager", "viewer"],
      technical_manager: ["technical_manager", "viewer"],
      asset_manager: ["asset_manager", "viewer"],
      viewer: ["viewer"],
    });
  });

  it.each(JOB_ROLES)("%s is read back from its rungs, in any order", (role) => {
    expect(roleOfRungs(RUNGS[role])).toBe(role);
    expect(roleOfRungs([...RUNGS[role]].reverse())).toBe(role);
  });

  it("is not read from no rungs, nor from other relations", () => {
    expect(roleOfRungs([])).toBeUndefined();
    expect(roleOfRungs(["owner", "head"])).toBeUndefined();
  });

  it("has a permission of its own on every rung", () => {
    expect(new Set(Object.values(PERMISSION_OF)).size).toBe(JOB_ROLES.length);
  });
});

describe("what crosses to a partner", () => {
  it("is every job role but operator (law 2)", () => {
    expect([...SHARED_ROLES].sort()).toEqual(JOB_ROLES.filter((role) => role !== "operator").sort());
  });

  it.each(SHARED_ROLES)("at %s may be delegated at viewer or itself, never above (law 1)", (cap) => {
    expect([...delegable(cap)].sort()).toEqual([...new Set(["viewer", cap])].sort());
    for (const role of SHARED_ROLES) {
      const worth = effectiveRole(role, cap);
      expect(delegable(cap)).toContain(worth);
      expect(RUNGS[role]).toContain(worth);
    }
  });

  it("falls to viewer under the other manager and rises again under its own (law 5)", () => {
    expect(effectiveRole("technical_manager", "asset_manager")).toBe("viewer");
    expect(effectiveRole("asset_manager", "technical_manager")).toBe("viewer");
    expect(effectiveRole("technical_manager", "technical_manager")).toBe("technical_manager");
    expect(effectiveRole("viewer", "technical_manager")).toBe("viewer");
  });
});

describe("a role from a caller", () => {
  it.each(ORGANIZATION_ROLES)("%s is accepted in an organization", (role) => {
    expect(OrganizationRoleInput.parse(role)).toBe(role);
  });

  it.each(["", "Admin", "owner", "person", "operator"])("%j is refused in an organization", (role) => {
    expect(OrganizationRoleInput.safeParse(role).success).toBe(false);
  });

  it.each(JOB_ROLES)("%s is accepted on a resource", (role) => {
    expect(JobRoleInput.parse(role)).toBe(role);
  });

  it.each(["", "Viewer", "shared_viewer", "admin", "owner"])("%j is refused on a resource", (role) => {
    expect(JobRoleInput.safeParse(role).success).toBe(false);
  });
});
