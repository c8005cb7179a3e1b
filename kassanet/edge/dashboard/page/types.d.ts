/** What the service says, as its structs in `schemas/` have it; and what the modules of this page share. */

import type { Live } from "./core/live.js";
import type { Store } from "./core/store.js";
import type { Pace } from "./registers/pace.js";

export type Level = "ok" | "warning" | "critical";
export type Condition =
  | "inactive" | "connecting" | "ready" | "busy" | "settling" | "unreachable" | "out_of_rotation";

export interface Concern { code: string; level: Level; text: string }

/** Of a register. Moments without a zone are its own local time. */
export interface Kkt {
  eip: string;
  type: string;
  circuit_id: number;
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
  id: number; kind: string; status: string; changed_at: string; amount?: number; reason?: string;
}

/** Money that came over a channel. `credit` is how it stands with the billing, `receipt` with the register. */
export interface Payment {
  id: number; channel: string; txn_id: string; kind: string; inn: string; account: string; sum: number; credit: string;
  receipt: string; accepted_at: string; changed_at: string; billing?: string; receipt_id?: number; give_back?: string;
  answer?: string;
}

/** A card payment and its receipt as one thing. */
export interface Sale { id: number; external_id: string; status: string; total: number; reason?: string }

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
