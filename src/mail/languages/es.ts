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
  news: {
    subject: (other) => `Novedades de su cooperación con ${other}`,
    subjectOfSeveral: "Novedades de sus cooperaciones",
    heading: (other) => `Su cooperación con ${other}:`,
    cooperation: {
      accepted: (_, partner) => `${partner} ha aceptado. La cooperación está activa.`,
      declined: (_, partner) => `${partner} ha rechazado la propuesta.`,
      withdrawn: (initiator) => `${initiator} ha retirado la propuesta.`,
      removed: (initiator) => `${initiator} ha puesto fin a la cooperación.`,
      left: (_, partner) => `${partner} ha puesto fin a la cooperación.`,
      paused: (initiator) =>
        `${initiator} ha pausado la cooperación. Hasta que se reanude, nadie tiene acceso por medio de ella.`,
      resumed: () => "La cooperación se ha reanudado.",
      started: () => "La cooperación ha comenzado.",
      expired: () => "La cooperación ha vencido. Ya nadie tiene acceso por medio de ella.",
      reviewed: (initiator) => `${initiator} ha revisado y confirmado la cooperación.`,
      review_missed: () =>
        "La cooperación no se revisó a tiempo. Hasta que se confirme, nadie tiene acceso por medio de ella.",
      date_asked: (_, partner) => `${partner} pide prolongar la cooperación.`,
      date_declined: (initiator) => `${initiator} no ha aceptado prolongar la cooperación.`,
      date_withdrawn: (_, partner) => `${partner} ya no pide prolongar la cooperación.`,
      invitation_ends: (_, partner) =>
        `La invitación a ${partner} dejará pronto de ser válida. Se puede enviar de nuevo.`,
    },
    dated: {
      ends: (at) => `La cooperación termina el ${at}.`,
      reviews: (at) => `La cooperación debe revisarse antes del ${at}. De lo contrario, termina entonces.`,
      starts: (at) => `La cooperación comienza el ${at}.`,
      resumes: (at) => `La pausa termina el ${at}.`,
    },
    undated: {
      ends: "La cooperación ya no tiene fecha de fin.",
      reviews: "La cooperación ya no tiene fecha de revisión.",
      starts: "La cooperación ya no tiene fecha de inicio.",
      resumes: "La pausa ya no tiene fecha de fin.",
    },
    share: {
      shared: (what) => `Nuevo: ${what}`,
      changed: (what) => `Modificado: ${what}`,
      unshared: (what) => `Ya no se comparte: ${what}`,
      begun: (what) => `Se comparte desde ahora: ${what}`,
      share_starts: (what, _, at) => `Se comparte a partir del ${at}: ${what}`,
      steps_down: (what, _, at) => `A partir del ${at}, solo como Lector: ${what}`,
      share_ends: (what) => `Termina pronto: ${what}`,
      share_expired: (what) => `Ha vencido: ${what}`,
      asked: (what) => `Pedido, pendiente de respuesta: ${what}`,
      ask_declined: (what) => `Pedido y rechazado: ${what}`,
      ask_withdrawn: (what) => `Ya no se pide: ${what}`,
      delegated: (what) => `Tiene acceso: ${what}`,
      revoked: (what) => `Ya no tiene acceso: ${what}`,
      access_ends: (what) => `Su acceso termina pronto: ${what}`,
      access_expired: (what) => `Su acceso ha vencido: ${what}`,
      delegation_ends: (what, person) => `El acceso de ${person} termina pronto: ${what}`,
      delegation_expired: (what, person) => `El acceso de ${person} ha vencido: ${what}`,
    },
    link: "Ver la cooperación",
    linkToExtend: "Prolongarla o dejar que termine",
    closing: (organization) => `Recibe este mensaje porque administra ${organization}.`,
    closingToDelegate: (organization) =>
      `Recibe este mensaje porque ${organization} le ha dado acceso o se lo ha retirado.`,
    webhook: {
      subject: (endpoint) => `El punto de conexión ${endpoint} ya no recibe eventos`,
      body: (endpoint, organization) =>
        `El punto de conexión ${endpoint} de ${organization} se ha desactivado, porque durante demasiado tiempo no ha aceptado eventos o porque se ha eliminado en su extremo. Cuando vuelva a funcionar, actívelo: recibirá entonces todo lo que se ha perdido.`,
    },
    suspension: {
      subject: (person) => `${person}: acceso suspendido`,
      body: (person, organization) =>
        `Se ha suspendido a ${person} en ${organization}: no tiene acceso a través de las cooperaciones ni puede actuar en ellas, hasta que una persona administradora levante la suspensión. Lo que puede hacer en la propia organización no cambia.`,
    },
  },
};
