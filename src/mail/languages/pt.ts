/** The mails in Portuguese, as it is written in Portugal. */
import type { Wording } from "../wording.ts";

export const pt: Wording = {
  locale: "pt-PT",
  hello: (name) => (name === undefined ? "Olá," : `Olá, ${name},`),
  date: (day, time) => `${day}, ${time} UTC`,
  resource: { plant: "Central", portfolio: "Portefólio" },
  role: { viewer: "Leitor", technical_manager: "Gestor técnico", asset_manager: "Gestor de ativos" },
  named: (resource, name) => `${resource} «${name}»`,
  share: (named, role, until) => `${named}, função: ${role}${until === undefined ? "" : `, até ${until}`}`,
  more: (others) => `e mais ${others}`,
  offer: "Seria partilhado com a sua organização o seguinte:",
  noOffer: "Ainda nada é partilhado; podem ser acrescentados centrais e portefólios a qualquer momento.",
  ends: (until) => `A cooperação termina em ${until}.`,
  invitation: {
    subject: (initiator) => `${initiator} convida a sua organização para uma cooperação`,
    opening: (initiator) =>
      `${initiator} gostaria de trabalhar consigo e convida a sua organização para uma cooperação.`,
    again: "Esta mensagem substitui o convite anterior: só é válida a ligação abaixo.",
    steps:
      "A ligação indica todos os passos: inicie sessão ou registe-se, crie a sua organização se ainda não existir e adira à cooperação.",
    link: "Ver o convite",
    life: (days) =>
      `A ligação é válida durante ${days === 1 ? "1 dia" : `${days} dias`}. Não a partilhe: quem a tiver pode aceitar o convite. Se não esperava esta mensagem, ignore-a e nada acontecerá.`,
  },
  notice: {
    subject: (initiator) => `${initiator} propõe uma cooperação`,
    opening: (initiator, partner) => `${initiator} propõe uma cooperação à organização ${partner}.`,
    again: "Este é um lembrete: a proposta continua à espera de resposta.",
    link: "Ver a proposta",
    closing: (partner) =>
      `A proposta aguarda que alguém que administre a organização ${partner} a aceite ou recuse. Recebe esta mensagem porque administra essa organização; assim que alguém responder, nada mais há a fazer.`,
  },
};
