/** The mails in Spanish. */
import type { Wording } from "../wording.ts";

export const es: Wording = {
  locale: "es-ES",
  hello: (name) => (name === undefined ? "Hola:" : `Hola, ${name}:`),
  date: (day, time) => `${day}, ${time} UTC`,
  resource: { plant: "Planta", portfolio: "Cartera" },
  role: { viewer: "Lector", technical_manager: "Responsable técnico", asset_manager: "Gestor de activos" },
  named: (resource, name) => `${resource} «${name}»`,
  share: (named, role, until) => `${named}, rol: ${role}${until === undefined ? "" : `, hasta el ${until}`}`,
  more: (others) => `y ${others} más`,
  offer: "Esto es lo que se compartiría con su organización:",
  noOffer: "Todavía no se comparte nada; se pueden añadir plantas y carteras en cualquier momento.",
  ends: (until) => `La cooperación termina el ${until}.`,
  invitation: {
    subject: (initiator) => `${initiator} le invita a una cooperación`,
    opening: (initiator) => `${initiator} desea trabajar con usted e invita a su organización a una cooperación.`,
    again: "Este mensaje sustituye a la invitación anterior: solo es válido el enlace siguiente.",
    steps:
      "El enlace le guía paso a paso: inicie sesión o regístrese, cree su organización si aún no existe y únase a la cooperación.",
    link: "Ver la invitación",
    life: (days) =>
      `El enlace es válido durante ${days === 1 ? "1 día" : `${days} días`}. No lo comparta: quien lo tenga puede aceptar la invitación. Si no esperaba este mensaje, ignórelo y no ocurrirá nada.`,
  },
  notice: {
    subject: (initiator) => `${initiator} propone una cooperación`,
    opening: (initiator, partner) => `${initiator} propone una cooperación con ${partner}.`,
    again: "Esto es un recordatorio: la propuesta sigue pendiente de respuesta.",
    link: "Ver la propuesta",
    closing: (partner) =>
      `La propuesta está pendiente de que alguien que administre ${partner} la acepte o la rechace. Recibe este mensaje porque usted administra esa organización; en cuanto alguien haya respondido, no quedará nada por hacer.`,
  },
};
