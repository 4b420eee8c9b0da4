// A gateway with an instance, and the way from its token to its page.
import { Gateway } from '../green-api/javascript/gateway.mjs';
import { Simulator } from '../simulator.mjs';

export class Visit {
  static async start() {
    const visit = new Visit();
    visit.simulator = await Simulator.start();
    visit.gateway = await Gateway.start(visit.simulator);
    const { idInstance, apiTokenInstance } = await visit.gateway.createInstance();
    visit.token = apiTokenInstance;
    visit.instance = `${visit.gateway.host}/waInstance${idInstance}`;
    return visit;
  }

  /// The address that the vendor's users know. It leads to the page, each time by a new ticket.
  get address() {
    return `${this.instance}/${this.token}`;
  }

  /// A picture of a code, as an account's owner gets it.
  async picture() {
    const answer = await fetch(`${this.instance}/qr/${this.token}`);
    return Buffer.from((await answer.json()).message, 'base64');
  }

  async stop() {
    await this.gateway?.stop();
    await this.simulator?.stop();
  }
}
