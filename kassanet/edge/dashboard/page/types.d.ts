/** What the service says, as its structs in `schemas/` have it; and what the modules of this page share. */

import type { Live } from "./core/live.js";
import type { Store } from "./core/store.js";
import type { Pace } from "./registers/pace.js";

export type Level = "ok" | "warning" | "critical";
export type Condition =
  | "inactive" | "connecting" | "ready" | "busy" | "settling" | "unreachable" | "out_of_rotation";

export interface Concern { code: string; level: Level; text: string }

/**
 * Of a register. Moments without a zone are its own local time. One of a site stands under `<site>/<eip>`; `stale_since`
 * is when the link to it was cut.
 */
export interface Kkt {
  eip: string;
  type: string;
  circuit_id: number | null;
  site?: string;
  inn?: string;
  stale_since?: number | null;
  condition: Condition;
  level: Level;
  reason: string | null;
  concerns: Concern[];
  read_at: number | null;
  identity: { serial: string; fn: string; rnm: string; inn: string } | null;
  fn: { fn: string; phase: number; shift_is_open: boolean; last_fd: number; last_document_at: string | null } | null;
  device: { serial: string; clock: string | null; printer: number } | null;
  ofd: { unsent: number; first_fd: number; first_at: string | null } | null;
  shift: { is_open: boolean; number: number; receipts: number } | null;
  shift_opened_at: number | null;
  fn_expires: string | null;
  receipt_id: number | null;
  documents: number;
}

export interface Circuit {
  id: number; sinn: string; title: string; queued: number; oldest_at: number | null;
  idle: number; busy: number; reserved: number;
}

export type Status = "queued" | "assigned" | "unknown" | "manual" | "fiscalized" | "refused" | "cancelled";

export interface Fiscal {
  fn: string; fd: number; fpd: number; shift: number; receipt_number: number; at: string; kkt: string; qr: string;
}

/** A receipt as it moves. */
export interface Moved {
  id: number; circuit_id: number; external_id: string; status: Status; revision: number; kind: string; total: number;
  at: number; reason?: string; kkt?: string; fiscal?: Fiscal;
}

export interface Item { name: string; price: number; quantity: string; vat: string; sum?: number; measurement_unit?: string }

/** A receipt as GET shows it; `request` is gone once retention dropped it. */
export interface Receipt {
  id: number; circuit_id: number; external_id: string; status: Status; revision: number; kind: string; total: number;
  accepted_at: string; changed_at: string; reason?: string; kkt?: string; fiscal?: Fiscal;
  window?: { fn: string; first: number; last: number };
  request?: {
    items: Item[]; payments: Record<string, number>; tax_system: string; cashier?: string;
    customer?: { email?: string; phone?: string; name?: string; inn?: string };
    correction?: { type: string; date: string; number?: string };
  };
}

export interface Lane { depth: number; capacity: number }

export interface ActorNode {
  name: string; kind: string; state: string; since: number; restarts: number; last_error: string | null;
  work: Lane | null; control: Lane | null; expired: number; facts: Record<string, unknown>; children: ActorNode[];
}

export interface Alarm {
  key: string; code: string; level: "warning" | "critical"; text: string; since: number; circuit_id?: number;
  kkt?: string; receipt_id?: number; due_at?: number;
  acknowledged?: { by: string; at: number; level: string; note?: string | null };
}

export interface PinpadState {
  id: number; address: string; driver: string; condition: string; terminal_id?: string; operation?: number; kind?: string;
  status?: string; stage?: string; text?: string; reason?: string; waiting?: number; last_answer_at?: number;
}

/** A card operation of a pinpad. */
export interface Operation {
  id: number; kind: string; status: string; changed_at: string; amount?: number; currency?: string; reason?: string;
}

/** Money that came over a channel. `credit` is how it stands with the billing, `receipt` with the register. */
export interface Payment {
  id: number; channel: string; txn_id: string; kind: string; inn: string; account: string; sum: number; credit: string;
  receipt: string; accepted_at: string; changed_at: string; billing?: string; receipt_id?: number; give_back?: string;
  answer?: string;
}

/** A card payment and its receipt as one thing. */
export interface Sale {
  id: number; external_id: string; status: string; total: number; currency?: string; reason?: string;
}

/** A software register as it moves; what is not said is nothing. Moments are UNIX time, spans seconds. */
export interface PrroState {
  id: number; register: number; condition: "online" | "settling" | "offline" | "returning" | "blocked";
  shift_is_open?: boolean; shift_opened_at?: number; next_local?: number; waiting?: number; reason?: string;
  offline_since?: number; offline_left?: number; month_used?: number; session_limit?: number; month_limit?: number;
  warning?: string;
}

export interface ShownPrro {
  id: number; key_id: string; cashier?: string; state: PrroState;
  desk: {
    register: number; number: number; tin: string; org_name: string; point_name: string; point_address?: string;
    taxes?: { letter: string; percent: number }[]; testing?: boolean;
  };
}

/** A document of a software register; its sum is in kopecks of the hryvnia. */
export interface PrroDocument {
  id: number; prro_id: number; local_number: number; kind: string; status: string; sum: number; made_at: string;
  external_id?: string; fiscal_number?: string; is_offline?: boolean; is_revoked?: boolean; code?: number;
  reason?: string; link?: string;
}

/** A key of a signing agent; `key` is `AGENT/KEY`, as registers name it. */
export interface KeyState {
  key: string; agent: string; owner: string; role: string; valid_from: string; valid_to: string; signs: boolean;
  state: "good" | "ending" | "over" | "not-yet" | "no-agreement" | "agreement-over" | "locked" | "away";
  tenant: string; agreement: string | null; agreement_until: string | null; warnings: string[];
}

export interface AgentState {
  name: string; is_local: boolean; condition: "ready" | "locked" | "away" | "late" | "refused"; reason: string | null;
  keys: number; signing_keys: number; backend: string | null; fallback: boolean; warnings: string[];
  licence: { number: string; until: string } | null;
}

/** A billing as it is now: `state` is its breaker's. */
export interface BillingLive {
  name: string; state: "closed" | "open" | "half-open"; backlog?: number; oldest_at?: number; failures?: number;
  in_hand?: number; last?: string; is_active?: boolean;
}

/** What has flowed over a way of the topology since the service began; without a source it came in at a channel. */
export interface Flow {
  source: string | null; target: string; route?: string; payments?: number; sum?: number; refused?: number; at?: number;
}

/** A local server that dials in. */
export interface SiteState {
  id: number; name: string; inn: string | null; condition: "never" | "connected" | "away" | "revoked";
  connected_since: number | null; away_since: number | null; seen_at: number | null; lag: number | null;
  registers: number; version: string | null; receipts: "local" | "central" | null; commands: string[];
  address: string | null; reconnects: number; owed: number; behind: number; unknown_commands: number;
}

export interface Place { id: string; kind: string; title: string; state?: string; is_active?: boolean }
export interface Way { source: string; target: string; route?: string; policy?: string }
export interface Topology { nodes: Place[]; edges: Way[] }

export interface Session {
  name: string; role: "viewer" | "operator" | "admin"; inn: string | null; version: string;
  now: number; actor_clock: number; utc_offset: number; fn_documents: number;
}

export interface Change { topic: string; key: string; state: any }

/** What every page is given. */
export interface Context {
  session: Session;
  store: Store;
  live: Live;
  pace: Pace;
}

/** A page that is shown: `follow` is told that the query changed, `topics` are what it wants of the stream. */
export interface Page {
  element: HTMLElement;
  topics?: () => string[];
  follow?: (query: URLSearchParams) => void;
  dispose: () => void;
}

export type Tone = "good" | "busy" | "quiet" | "warn" | "bad";
