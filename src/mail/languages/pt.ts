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
  news: {
    subject: (other) => `Novidades da sua cooperação com ${other}`,
    subjectOfSeveral: "Novidades das suas cooperações",
    heading: (other) => `A sua cooperação com ${other}:`,
    cooperation: {
      accepted: (_, partner) => `${partner} aceitou. A cooperação está ativa.`,
      declined: (_, partner) => `${partner} recusou a proposta.`,
      withdrawn: (initiator) => `${initiator} retirou a proposta.`,
      removed: (initiator) => `${initiator} terminou a cooperação.`,
      left: (_, partner) => `${partner} terminou a cooperação.`,
      paused: (initiator) => `${initiator} suspendeu a cooperação. Até ser retomada, ninguém tem acesso por meio dela.`,
      resumed: () => "A cooperação foi retomada.",
      started: () => "A cooperação começou.",
      expired: () => "A cooperação expirou. Já ninguém tem acesso por meio dela.",
      reviewed: (initiator) => `${initiator} reviu e confirmou a cooperação.`,
      review_missed: () =>
        "A cooperação não foi revista a tempo. Até ser confirmada, ninguém tem acesso por meio dela.",
      date_asked: (_, partner) => `${partner} pede para prolongar a cooperação.`,
      date_declined: (initiator) => `${initiator} não aceitou prolongar a cooperação.`,
      date_withdrawn: (_, partner) => `${partner} já não pede para prolongar a cooperação.`,
      invitation_ends: (_, partner) =>
        `O convite a ${partner} deixará em breve de ser válido. Pode ser enviado novamente.`,
    },
    dated: {
      ends: (at) => `A cooperação termina em ${at}.`,
      reviews: (at) => `A cooperação deve ser revista até ${at}. Caso contrário, termina nessa data.`,
      starts: (at) => `A cooperação começa em ${at}.`,
      resumes: (at) => `A suspensão termina em ${at}.`,
    },
    undated: {
      ends: "A cooperação já não tem data de fim.",
      reviews: "A cooperação já não tem data de revisão.",
      starts: "A cooperação já não tem data de início.",
      resumes: "A suspensão já não tem data de fim.",
    },
    share: {
      shared: (what) => `Novo: ${what}`,
      changed: (what) => `Alterado: ${what}`,
      unshared: (what) => `Já não é partilhado: ${what}`,
      begun: (what) => `Partilhado a partir de agora: ${what}`,
      share_starts: (what, _, at) => `Partilhado a partir de ${at}: ${what}`,
      steps_down: (what, _, at) => `A partir de ${at}, só como Leitor: ${what}`,
      share_ends: (what) => `Termina em breve: ${what}`,
      share_expired: (what) => `Expirou: ${what}`,
      asked: (what) => `Pedido, à espera de resposta: ${what}`,
      ask_declined: (what) => `Pedido e recusado: ${what}`,
      ask_withdrawn: (what) => `Já não é pedido: ${what}`,
      delegated: (what) => `Tem acesso: ${what}`,
      revoked: (what) => `Já não tem acesso: ${what}`,
      access_ends: (what) => `O seu acesso termina em breve: ${what}`,
      access_expired: (what) => `O seu acesso expirou: ${what}`,
      delegation_ends: (what, person) => `O acesso de ${person} termina em breve: ${what}`,
      delegation_expired: (what, person) => `O acesso de ${person} expirou: ${what}`,
    },
    link: "Ver a cooperação",
    linkToExtend: "Prolongar ou deixar terminar",
    closing: (organization) => `Recebe esta mensagem porque administra a organização ${organization}.`,
    closingToDelegate: (organization) =>
      `Recebe esta mensagem porque a organização ${organization} lhe deu ou retirou acesso.`,
    webhook: {
      subject: (endpoint) => `O ponto de ligação ${endpoint} já não recebe eventos`,
      body: (endpoint, organization) =>
        `O ponto de ligação ${endpoint} da organização ${organization} foi desativado, porque durante demasiado tempo não aceitou eventos ou porque foi removido. Quando voltar a funcionar, ative-o: receberá então tudo o que perdeu.`,
    },
    suspension: {
      subject: (person) => `${person}: acesso suspenso`,
      body: (person, organization) =>
        `O acesso de ${person} está suspenso na organização ${organization}: sem acesso através das cooperações e sem poder agir nelas, até que uma pessoa administradora levante a suspensão. O que pode fazer na própria organização mantém-se.`,
    },
  },
};
