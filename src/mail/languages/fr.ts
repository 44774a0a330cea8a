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
};
