/** The mails in French. A space before `:`, `;` and within guillemets is one that does not break. */
import type { Wording } from "../wording.ts";

export const fr: Wording = {
  locale: "fr-FR",
  hello: (name) => (name === undefined ? "Bonjour," : `Bonjour ${name},`),
  date: (day, time) => `${day.replace(/^1 /, "1er ")} à ${time} UTC`,
  resource: { plant: "Centrale", portfolio: "Portefeuille" },
  role: { viewer: "Lecteur", technical_manager: "Responsable technique", asset_manager: "Gestionnaire d’actifs" },
  named: (resource, name) => `${resource} «\u00A0${name}\u00A0»`,
  share: (named, role, until) => `${named}, rôle\u00A0: ${role}${until === undefined ? "" : `, jusqu’au ${until}`}`,
  more: (others) => `et ${others} de plus`,
  offer: "Voici ce qui serait partagé avec votre organisation\u00A0:",
  noOffer: "Rien n’est encore partagé\u00A0; des centrales et des portefeuilles peuvent être ajoutés à tout moment.",
  ends: (until) => `La coopération prend fin le ${until}.`,
  invitation: {
    subject: (initiator) => `${initiator} vous invite à une coopération`,
    opening: (initiator) =>
      `${initiator} souhaite travailler avec vous et invite votre organisation à une coopération.`,
    again: "Ce message remplace l’invitation précédente\u00A0: seul le lien ci-dessous est valable.",
    steps:
      "Le lien vous guide pas à pas\u00A0: connectez-vous ou inscrivez-vous, créez votre organisation si elle n’existe pas encore, puis rejoignez la coopération.",
    link: "Voir l’invitation",
    life: (days) =>
      `Le lien est valable ${days === 1 ? "1 jour" : `${days} jours`}. Veuillez ne pas le transmettre\u00A0: toute personne qui le possède peut accepter l’invitation. Si vous n’attendiez pas ce message, ignorez-le simplement\u00A0; il ne se passera rien.`,
  },
  notice: {
    subject: (initiator) => `${initiator} propose une coopération`,
    opening: (initiator, partner) => `${initiator} propose une coopération à l’organisation ${partner}.`,
    again: "Ceci est un rappel\u00A0: la proposition attend toujours une réponse.",
    link: "Voir la proposition",
    closing: (partner) =>
      `La proposition attend qu’une administratrice ou un administrateur de l’organisation ${partner} l’accepte ou la décline. Vous recevez ce message parce que vous en faites partie\u00A0; dès que quelqu’un a répondu, il n’y a plus rien à faire.`,
  },
  news: {
    subject: (other) => `Du nouveau dans votre coopération avec ${other}`,
    subjectOfSeveral: "Du nouveau dans vos coopérations",
    heading: (other) => `Votre coopération avec ${other}\u00A0:`,
    cooperation: {
      accepted: (_, partner) => `${partner} a accepté. La coopération est active.`,
      declined: (_, partner) => `${partner} a décliné.`,
      withdrawn: (initiator) => `${initiator} a retiré sa proposition.`,
      removed: (initiator) => `${initiator} a mis fin à la coopération.`,
      left: (_, partner) => `${partner} a mis fin à la coopération.`,
      paused: (initiator) =>
        `${initiator} a suspendu la coopération. Tant qu’elle n’a pas repris, personne n’y a accès.`,
      resumed: () => "La coopération a repris.",
      started: () => "La coopération a commencé.",
      expired: () => "La coopération a expiré. Plus personne n’y a accès.",
      reviewed: (initiator) => `${initiator} a réexaminé et confirmé la coopération.`,
      review_missed: () =>
        "La coopération n’a pas été réexaminée à temps. Personne n’y a accès tant qu’elle n’est pas confirmée.",
      date_asked: (_, partner) => `${partner} demande de prolonger la coopération.`,
      date_declined: (initiator) => `${initiator} n’a pas accepté de prolonger la coopération.`,
      date_withdrawn: (_, partner) => `${partner} ne demande plus de prolonger la coopération.`,
      invitation_ends: (_, partner) =>
        `L’invitation adressée à ${partner} ne sera bientôt plus valable. Elle peut être envoyée de nouveau.`,
    },
    dated: {
      ends: (at) => `La coopération prend fin le ${at}.`,
      reviews: (at) => `La coopération doit être réexaminée avant le ${at}. À défaut, elle prend fin à cette date.`,
      starts: (at) => `La coopération commence le ${at}.`,
      resumes: (at) => `La suspension prend fin le ${at}.`,
    },
    undated: {
      ends: "La coopération n’a plus de date de fin.",
      reviews: "La coopération n’a plus de date de réexamen.",
      starts: "La coopération n’a plus de date de début.",
      resumes: "La suspension n’a plus de date de fin.",
    },
    share: {
      shared: (what) => `Nouveau\u00A0: ${what}`,
      changed: (what) => `Modifié\u00A0: ${what}`,
      unshared: (what) => `N’est plus partagé\u00A0: ${what}`,
      begun: (what) => `Désormais partagé\u00A0: ${what}`,
      share_starts: (what, _, at) => `Partagé à partir du ${at}\u00A0: ${what}`,
      steps_down: (what, _, at) => `À partir du ${at}, comme Lecteur seulement\u00A0: ${what}`,
      share_ends: (what) => `Prend bientôt fin\u00A0: ${what}`,
      share_expired: (what) => `A expiré\u00A0: ${what}`,
      asked: (what) => `Demandé, en attente de réponse\u00A0: ${what}`,
      ask_declined: (what) => `Demandé et refusé\u00A0: ${what}`,
      ask_withdrawn: (what) => `N’est plus demandé\u00A0: ${what}`,
      delegated: (what) => `Vous avez accès\u00A0: ${what}`,
      revoked: (what) => `Vous n’avez plus accès\u00A0: ${what}`,
      access_ends: (what) => `Votre accès prend bientôt fin\u00A0: ${what}`,
      access_expired: (what) => `Votre accès a expiré\u00A0: ${what}`,
      delegation_ends: (what, person) => `L’accès accordé à ${person} prend bientôt fin\u00A0: ${what}`,
      delegation_expired: (what, person) => `L’accès accordé à ${person} a expiré\u00A0: ${what}`,
    },
    link: "Voir la coopération",
    linkToExtend: "Prolonger ou laisser prendre fin",
    closing: (organization) => `Vous recevez ce message parce que vous administrez l’organisation ${organization}.`,
    closingToDelegate: (organization) =>
      `Vous recevez ce message parce que l’organisation ${organization} vous a accordé ou retiré un accès.`,
    webhook: {
      subject: (endpoint) => `Le point de terminaison ${endpoint} ne reçoit plus d’événements`,
      body: (endpoint, organization) =>
        `Le point de terminaison ${endpoint} de l’organisation ${organization} a été désactivé, parce qu’il n’a pris aucun événement pendant trop longtemps ou qu’il a été supprimé de son côté. Quand il fonctionnera de nouveau, réactivez-le\u00A0: il recevra alors tout ce qu’il a manqué.`,
    },
    suspension: {
      subject: (person) => `Accès suspendu\u00A0: ${person}`,
      body: (person, organization) =>
        `L’accès de ${person} est suspendu dans l’organisation ${organization}\u00A0: plus aucun accès par les coopérations et aucune action dans celles-ci, jusqu’à ce qu’un administrateur lève la suspension. Ses droits dans l’organisation elle-même restent inchangés.`,
    },
  },
};
